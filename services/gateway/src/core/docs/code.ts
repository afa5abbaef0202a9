import type { JsonValue } from "@bufbuild/protobuf";
import { type Html, html, type Part } from "./html.ts";

/** A value as indented JSON, with tokens marked for colour. */
export function jsonBlock(value: JsonValue): Html {
  return html`<pre class="code"><code>${tokens(JSON.stringify(value, null, 2))}</code></pre>`;
}

export function textBlock(text: string): Html {
  return html`<pre class="code"><code>${text}</code></pre>`;
}

function tokens(json: string): readonly Part[] {
  const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
  const parts: Part[] = [];
  let end = 0;
  for (const match of json.matchAll(token)) {
    const [whole, text, colon, word, number] = match;
    parts.push(json.slice(end, match.index));
    if (text !== undefined) parts.push(html`<span class="${colon === undefined ? "s" : "k"}">${text}</span>`, colon);
    else parts.push(html`<span class="n">${word ?? number}</span>`);
    end = match.index + whole.length;
  }
  return [...parts, json.slice(end)];
}

export interface CurlRequest {
  readonly method: string;
  /** With its parameters filled in. */
  readonly path: string;
  readonly authenticated: boolean;
  readonly body: JsonValue | undefined;
  /** Disables curl's buffering. */
  readonly stream: boolean;
}

/** A command for a POSIX shell, with the address and the key in variables. */
export function curl({ method, path, authenticated, body, stream }: CurlRequest): string {
  const lines = [
    `curl ${stream ? "-N " : ""}${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$GATEWAY${path}"`,
  ];
  if (authenticated) lines.push('-H "Authorization: Bearer $WALLET_KEY"');
  if (body !== undefined)
    lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body, null, 2))}`);
  return lines.join(" \\\n  ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

import { textBlock } from "./code.ts";
import { type Html, html, type Part, slug } from "./html.ts";

/** The text under a `## ` heading, or before the first one. */
export interface Section {
  readonly heading: string | undefined;
  readonly body: Html;
}

/**
 * Renders the CommonMark that our descriptions use: `## ` headings, paragraphs, lists with `- `, tables, fenced blocks without
 * empty lines, `code` and **strong**. Everything else is plain text.
 */
export function sections(markdown: string): readonly Section[] {
  return markdown.split(/^## /m).flatMap((text, index): Section[] => {
    if (index === 0) return text.trim() === "" ? [] : [{ heading: undefined, body: blocks(text) }];
    const [heading = "", ...lines] = text.split("\n");
    return [{ heading, body: blocks(lines.join("\n")) }];
  });
}

/** Anchor of a section. */
export const sectionAnchor = (heading: string) => `guide-${slug(heading)}`;

/** Paragraphs, lists and tables. */
export function blocks(markdown: string): Html {
  const parts = markdown.split(/\n{2,}/).filter((block) => block.trim() !== "");
  return html`${parts.map((part) => block(part.trim()))}`;
}

function block(text: string): Html {
  const lines = text.split("\n");
  if (lines.every((line) => line.startsWith("- "))) {
    return html`<ul>${lines.map((line) => html`<li>${inline(line.slice(2))}</li>`)}</ul>`;
  }
  if (text.startsWith("```")) return textBlock(lines.slice(1, -1).join("\n"));
  if (lines.every((line) => line.startsWith("|"))) return table(lines);
  return html`<p>${inline(lines.join(" "))}</p>`;
}

function table([head = "", _rule, ...rows]: readonly string[]): Html {
  const row = (line: string, cell: (content: Html) => Html) =>
    html`<tr>${cells(line).map((text) => cell(inline(text)))}</tr>`;
  return html`<div class="scroll"><table><thead>${row(head, (content) => html`<th scope="col">${content}</th>`)}</thead><tbody>${rows.map(
    (line) => row(line, (content) => html`<td>${content}</td>`),
  )}</tbody></table></div>`;
}

function cells(line: string): readonly string[] {
  return line
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}

/** `code` and **strong** within a line. */
export function inline(text: string): Html {
  const parts: Part[] = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`") && part.length > 2) return html`<code>${part.slice(1, -1)}</code>`;
    if (part.startsWith("**") && part.length > 4) return html`<strong>${part.slice(2, -2)}</strong>`;
    return part;
  });
  return html`${parts}`;
}

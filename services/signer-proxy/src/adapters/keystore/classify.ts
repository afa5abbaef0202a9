import type { KeystoreProblem } from "../../core/problems.ts";

/** A complete HTTP answer of the keystore. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type Classified =
  | { readonly kind: "answered"; readonly json: unknown }
  | { readonly kind: "problem"; readonly problem: KeystoreProblem };

/**
 * Tells a usable answer from a failure. The first row that matches is the most specific:
 *
 * | answer | problem |
 * | --- | --- |
 * | a text that starts with `Keystore not ready.`, at any status | unavailable |
 * | 404, 405: the path is not there; 3xx: it is elsewhere | wrong_keystore |
 * | 408, 429, 5xx other than a 500 with `{"error"}` | unavailable |
 * | 403 with one of the two approval texts | approvals |
 * | other 4xx, 500 | refused, with the text of `{"error"}` if there is one; a plain text is kept for the log |
 * | 2xx that is not JSON | wrong_keystore |
 */
export function classify({ status, contentType, body }: HttpAnswer): Classified {
  const json = parse(body);
  const error = errorText(json);
  if ((error ?? body).startsWith("Keystore not ready.")) return unavailable("not ready");
  if (status >= 200 && status < 300) {
    return json === undefined ? wrong("an answer is not JSON") : { kind: "answered", json };
  }
  if (status === 404 || status === 405) return wrong("a path of its API is missing");
  if (status < 400) return wrong(`it answers HTTP ${status}`);
  if (status === 408 || status === 429) return unavailable(`HTTP ${status}`);
  if (status > 500 || (status === 500 && error === undefined)) return unavailable(`HTTP ${status}`);
  const approvals = status === 403 && error !== undefined ? approvalProblem(error) : undefined;
  if (approvals !== undefined) return { kind: "problem", problem: approvals };
  if (error !== undefined) return { kind: "problem", problem: { kind: "refused", status, text: error } };
  const refused = { kind: "refused", status, text: `HTTP ${status}` } as const;
  // Plain texts come from the keystore's framework and quote the request's body: for operators, not for users.
  const problem = contentType.startsWith("text/plain") ? { ...refused, body } : refused;
  return { kind: "problem", problem };
}

/** Keeps only the numbers: the rest of the text names the policy's approvers. */
function approvalProblem(error: string): KeystoreProblem | undefined {
  const [, given, of] = /^Insufficient valid approvals: (\d{1,9}) of (\d{1,9}) required/.exec(error) ?? [];
  if (given !== undefined && of !== undefined) {
    return {
      kind: "approvals",
      text: `Insufficient valid approvals: ${Number(given)} of ${Number(of)} required`,
      required: Number(of),
    };
  }
  const threshold = /^Policy requires (\d{1,9}) approvals but no approvers are configured/.exec(error)?.[1];
  if (threshold === undefined) return undefined;
  const required = Number(threshold);
  return {
    kind: "approvals",
    text: `Policy requires ${required} approvals but no approvers are configured`,
    required,
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function errorText(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null || !("error" in json)) return undefined;
  return typeof json.error === "string" ? json.error : undefined;
}

function unavailable(detail: string): Classified {
  return { kind: "problem", problem: { kind: "unavailable", detail } };
}

function wrong(detail: string): Classified {
  return { kind: "problem", problem: { kind: "wrong_keystore", detail } };
}

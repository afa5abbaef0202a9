import { Problem } from "./problem.ts";

/** Longest wait of a POST, in seconds. */
export const maxPostWaitSecs = 60;
/** Longest wait of a GET, in seconds. */
export const maxGetWaitSecs = 25;

/**
 * The `wait` of a `Prefer` header (RFC 7240), in seconds, at most 60; undefined without one. An unreadable one counts as absent, and
 * of several the first counts, as the RFC says.
 */
export function waitOfPrefer(prefer: string | undefined): number | undefined {
  if (prefer === undefined) return undefined;
  const wait = preferencesOf(prefer).find((preference) => /^[ \t]*wait[ \t]*(?:[=;]|$)/i.test(preference));
  const secs = /^[ \t]*wait[ \t]*=[ \t]*("?)(\d+)\1[ \t]*(?:;.*)?$/i.exec(wait ?? "")?.[2];
  return secs === undefined ? undefined : Math.min(Number(secs), maxPostWaitSecs);
}

/** Whether a caller wants the answer held back: a GET asks by its query, other methods by `Prefer`. */
export function asksToWait(method: string, query: URLSearchParams, prefer: string | undefined): boolean {
  if (method !== "GET") return (waitOfPrefer(prefer) ?? 0) > 0;
  // The endpoint refuses a value that is no number.
  return query.getAll("wait").some((value) => Number(value) > 0);
}

/** Splits a header at its commas. Commas in quotes do not count, and unclosed quotes reach to the end. Linear time. */
function preferencesOf(prefer: string): string[] {
  const preferences: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < prefer.length; at++) {
    const character = prefer[at];
    if (quoted && character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted) {
      preferences.push(prefer.slice(start, at));
      start = at + 1;
    }
  }
  preferences.push(prefer.slice(start));
  return preferences;
}

/**
 * The `wait` of a query, in seconds.
 * @throws Problem 400 unless it is an integer from 0 to 25, given once
 */
export function waitOfQuery(values: readonly string[]): number {
  const [value, ...others] = values;
  if (value === undefined) return 0;
  const secs = others.length === 0 && /^\d{1,2}$/.test(value) ? Number(value) : Number.NaN;
  if (!(secs <= maxGetWaitSecs)) throw new Problem(400, `wait must be an integer from 0 to ${maxGetWaitSecs}`);
  return secs;
}

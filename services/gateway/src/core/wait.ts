import { Problem } from "./problem.ts";

/** Seconds that a POST may be held at a caller's wish. */
export const maxPostWaitSecs = 60;
/** Seconds that a GET may be held. */
export const maxGetWaitSecs = 25;

/**
 * The `wait` of a `Prefer` header (RFC 7240), in seconds, at most 60; undefined without one. What cannot be read is as
 * good as absent, and of several the first counts, as the RFC says.
 */
export function waitOfPrefer(prefer: string | undefined): number | undefined {
  const wait = preferencesOf(prefer ?? "").find((preference) => /^[ \t]*wait[ \t]*(?:[=;]|$)/i.test(preference));
  const secs = /^[ \t]*wait[ \t]*=[ \t]*("?)(\d+)\1[ \t]*(?:;.*)?$/i.exec(wait ?? "")?.[2];
  return secs === undefined ? undefined : Math.min(Number(secs), maxPostWaitSecs);
}

/** Whether a caller asks for its answer to be held: of a GET by its query, of all others by `Prefer`. */
export function asksToWait(method: string, query: URLSearchParams, prefer: string | undefined): boolean {
  if (method !== "GET") return (waitOfPrefer(prefer) ?? 0) > 0;
  // One that is no number is refused by whoever reads it.
  return query.getAll("wait").some((value) => Number(value) > 0);
}

/**
 * What stands between the commas of a header; one inside quotes separates nothing, and quotes that are not closed reach
 * to the end. Looks at each character once, whatever it is.
 */
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

/** Longest text of a contract that is kept, in characters. NEAR allows none longer, nor all logs of a receipt together. */
const longest = 16 * 1024;

/** Logs of one receipt that are kept: as many as NEAR allows, and four times as many characters. */
const mostLogs = 100;
const mostLogCharacters = 4 * longest;

/** An error text cut to the length that a record may hold, with a mark where it is cut. */
export function cutError(text: string): string {
  return cutText(text, longest);
}

/** Logs cut to the length that a record may hold, with a mark where they are cut. */
export function cutLogs(logs: readonly string[]): string[] {
  const kept: string[] = [];
  let left = mostLogCharacters;
  for (const log of logs.slice(0, mostLogs)) {
    if (left <= 0) break;
    kept.push(cutText(log, Math.min(longest, left)));
    left -= log.length;
  }
  return kept.length === logs.length ? kept : [...kept, `[cut: ${logs.length - kept.length} more]`];
}

function cutText(text: string, most: number): string {
  const kept = text.length <= most ? text : `${text.slice(0, most)}… [cut: ${text.length} characters in all]`;
  // A lone surrogate, from the cut or from an untrusted text, could not be stored in a log.
  return kept.toWellFormed();
}

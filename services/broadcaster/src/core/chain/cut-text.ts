/** The longest text of a contract's own that is kept, characters. On NEAR none is longer, nor are all logs of a receipt together. */
const longest = 16 * 1024;

/** Logs of one receipt that are kept: as many as NEAR allows, and four times as many characters. */
const mostLogs = 100;
const mostLogCharacters = 4 * longest;

/** What a contract or a node said went wrong, no longer than a record may hold; where it is cut it says so. */
export function cutError(text: string): string {
  return cutText(text, longest);
}

/** Logs no longer than a record may hold; where they are cut they say so. */
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
  // Half a character at the cut, or in a text that others wrote, is none that a log could hold.
  return kept.toWellFormed();
}

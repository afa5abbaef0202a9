import { FormatError } from "./format-error.ts";

/** An invalid account id, in the words of Rust's `near-account-id`. */
export class AccountIdError extends FormatError {
  override readonly name = "AccountIdError";
}

const MIN_LENGTH = 2;
const MAX_LENGTH = 64;
const SEPARATORS = new Set(["-", "_", "."]);

/** Returns a valid account id unchanged. @throws AccountIdError */
export function parseAccountId(text: string): string {
  const problem = accountIdProblem(text);
  if (problem !== undefined) throw new AccountIdError(problem);
  return text;
}

export function isAccountId(text: string): boolean {
  return accountIdProblem(text) === undefined;
}

function accountIdProblem(text: string): string | undefined {
  const length = Buffer.byteLength(text);
  if (length < MIN_LENGTH) return "the Account ID is too short";
  if (length > MAX_LENGTH) return "the Account ID is too long";
  let index = 0;
  let last = "";
  let lastIsSeparator = true;
  for (const char of text) {
    const isSeparator = SEPARATORS.has(char);
    if (!isSeparator && !/^[a-z0-9]$/.test(char)) {
      return `the Account ID contains an invalid character ${quoted(char)} at index ${index}`;
    }
    if (isSeparator && lastIsSeparator) return redundant(char, index);
    last = char;
    lastIsSeparator = isSeparator;
    index += 1;
  }
  return lastIsSeparator ? redundant(last, index - 1) : undefined;
}

function redundant(char: string, index: number): string {
  return `the Account ID has a redundant separator ${quoted(char)} at index ${index}`;
}

/** A char like Rust's `{:?}`, for the chars that occur in account ids. */
function quoted(char: string): string {
  const escapes: Readonly<Record<string, string>> = { "'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return `'${escapes[char] ?? char}'`;
}

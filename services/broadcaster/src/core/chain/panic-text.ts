import { parse, string } from "./json.ts";

/** Whether a view failed because the contract has no such method, as older versions of a contract. */
export function isViewMissing(text: string): boolean {
  return text.includes("MethodResolveError(MethodNotFound)");
}

/**
 * A view's panic in the form of receipts: `Smart contract panicked: ` and the contract's text. nearcore formats a view's panic as
 * Rust debug output; text whose escapes are not JSON's stays as it is.
 * @returns undefined for a view that failed otherwise than by a panic of the contract
 */
export function panicText(text: string): string | undefined {
  const quoted = /GuestPanic \{ panic_msg: ("(?:[^"\\]|\\.)*") \}/s.exec(text)?.[1];
  return quoted === undefined ? undefined : `Smart contract panicked: ${string(parse(quoted)) ?? quoted}`;
}

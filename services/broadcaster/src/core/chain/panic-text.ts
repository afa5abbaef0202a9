import { parse, string } from "./json.ts";

/** Whether a view failed because the contract has none of that name, as older versions of a contract have not. */
export function isViewMissing(text: string): boolean {
  return text.includes("MethodResolveError(MethodNotFound)");
}

/**
 * A view's panic as receipts say it: `Smart contract panicked: ` and the contract's own text. nearcore writes what a view
 * panicked with as Rust's debug output, which stays as it is where it is escaped as JSON is not.
 * @returns undefined for a view that failed in another way: then the contract has not spoken
 */
export function panicText(text: string): string | undefined {
  const quoted = /GuestPanic \{ panic_msg: ("(?:[^"\\]|\\.)*") \}/s.exec(text)?.[1];
  return quoted === undefined ? undefined : `Smart contract panicked: ${string(parse(quoted)) ?? quoted}`;
}

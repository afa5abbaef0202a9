import { parse, string } from "./json.ts";

/** Whether a view failed because the contract has none of that name, as older versions of a contract have not. */
export function isViewMissing(text: string): boolean {
  return text.includes("MethodResolveError(MethodNotFound)");
}

/**
 * A view's panic as receipts say it: `Smart contract panicked: ` and the contract's own text. nearcore writes what a view
 * panicked with as Rust's debug output; a text that is something else, or escaped as JSON is not, stays as it is.
 */
export function panicText(text: string): string {
  const quoted = /GuestPanic \{ panic_msg: ("(?:[^"\\]|\\.)*") \}/s.exec(text)?.[1];
  const said = quoted === undefined ? undefined : string(parse(quoted));
  return said === undefined ? text : `Smart contract panicked: ${said}`;
}

import type { CompilationError, FunctionCallError } from "../../chain/errors.ts";

const panicPrefix = "Smart contract panicked: ";

/** nearcore's text for a failed view call: the virtual machine's error in Rust's `{:?}` form. */
export function vmErrorText(error: FunctionCallError): string {
  return `wasm execution failed with error: ${debugText(error)}`;
}

function debugText(error: FunctionCallError): string {
  if ("MethodResolveError" in error) return `MethodResolveError(${error.MethodResolveError})`;
  if ("CompilationError" in error) return `CompilationError(${compilationText(error.CompilationError)})`;
  const text = error.ExecutionError;
  if (!text.startsWith(panicPrefix)) return `HostError(${JSON.stringify(text)})`;
  return `HostError(GuestPanic { panic_msg: ${JSON.stringify(text.slice(panicPrefix.length))} })`;
}

function compilationText(error: CompilationError): string {
  if ("PrepareError" in error) return `PrepareError(${error.PrepareError})`;
  return `CodeDoesNotExist { account_id: AccountId(${JSON.stringify(error.CodeDoesNotExist.account_id)}) }`;
}

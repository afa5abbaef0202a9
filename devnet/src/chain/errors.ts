/**
 * Refusals and failures as nearcore serializes them. Each value is the JSON of its enum already, so that clients get it without
 * another table.
 */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };

/** `TxExecutionError` of nearcore. */
export type ChainError = { readonly ActionError: ActionErrorJson } | { readonly InvalidTxError: Json };

export interface ActionErrorJson {
  readonly [key: string]: Json;
  readonly index: number | null;
  readonly kind: Json;
}

/** A transaction that cannot be converted to a receipt; `reason` is nearcore's `InvalidTxError`. */
export class InvalidTransaction extends Error {
  override readonly name = "InvalidTransaction";
  readonly reason: Json;

  constructor(reason: Json) {
    super(
      `invalid transaction: ${JSON.stringify(reason, (_, value) => (typeof value === "bigint" ? `${value}` : value))}`,
    );
    this.reason = reason;
  }
}

/** An action that failed while its receipt ran; `kind` is nearcore's `ActionErrorKind`. */
export class ActionFailure extends Error {
  override readonly name = "ActionFailure";
  readonly kind: Json;

  constructor(kind: Json) {
    super("action failed");
    this.kind = kind;
  }
}

/** The part of nearcore's `FunctionCallError` that occurs here. */
export type FunctionCallError =
  | { readonly ExecutionError: string }
  | { readonly MethodResolveError: "MethodNotFound" }
  | { readonly CompilationError: CompilationError };

export type CompilationError =
  | { readonly CodeDoesNotExist: { readonly account_id: string } }
  | { readonly PrepareError: "Deserialization" };

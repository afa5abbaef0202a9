/** An error as nearcore's JSON-RPC answers it: `name` and `cause` beside JSON-RPC's own `code`, `message` and `data`. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly body: {
    readonly name: "REQUEST_VALIDATION_ERROR" | "HANDLER_ERROR" | "INTERNAL_ERROR";
    readonly cause: { readonly name: string; readonly info?: unknown };
    readonly code: number;
    readonly message: string;
    readonly data: unknown;
  };
  readonly httpStatus: number;

  constructor(body: RpcError["body"], httpStatus: number) {
    super(body.cause.name);
    this.body = body;
    this.httpStatus = httpStatus;
  }
}

/** Handler errors that nearcore answers with a status of their own. */
const handlerStatuses: Readonly<Record<string, number>> = { TIMEOUT_ERROR: 408, UNKNOWN_BLOCK: 422 };

/** @param info of the cause; absent for a cause that has a name only */
export function handlerError(name: string, info: unknown, data: unknown): RpcError {
  const cause = info === undefined ? { name } : { info, name };
  const body = { name: "HANDLER_ERROR", cause, code: -32_000, message: "Server error", data } as const;
  return new RpcError(body, handlerStatuses[name] ?? 200);
}

export function parseError(message: string): RpcError {
  const cause = { info: { error_message: message }, name: "PARSE_ERROR" };
  const body = {
    name: "REQUEST_VALIDATION_ERROR",
    cause,
    code: -32_700,
    message: "Parse error",
    data: message,
  } as const;
  return new RpcError(body, 400);
}

export function methodNotFound(method: string): RpcError {
  const cause = { info: { method_name: method }, name: "METHOD_NOT_FOUND" };
  const body = {
    name: "REQUEST_VALIDATION_ERROR",
    cause,
    code: -32_601,
    message: "Method not found",
    data: method,
  } as const;
  return new RpcError(body, 400);
}

export function internalError(message: string): RpcError {
  const cause = { info: { error_message: message }, name: "INTERNAL_ERROR" };
  const body = { name: "INTERNAL_ERROR", cause, code: -32_000, message: "Server error", data: message } as const;
  return new RpcError(body, 500);
}

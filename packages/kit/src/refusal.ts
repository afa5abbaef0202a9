import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";

export { Code } from "@connectrpc/connect";

/**
 * An error that a method means its caller to see. Everything else that a handler throws is logged with its cause and
 * leaves as "internal error", an upstream's `ConnectError` too.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: Code;
  readonly details: readonly RefusalDetail[];

  constructor(code: Code, message: string, details: readonly RefusalDetail[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

export interface RefusalDetail {
  readonly desc: DescMessage;
  readonly value: MessageInitShape<DescMessage>;
}

export const invalid = (message: string) => new Refusal(Code.InvalidArgument, message);
export const unauthenticated = (message: string) => new Refusal(Code.Unauthenticated, message);
export const denied = (message: string) => new Refusal(Code.PermissionDenied, message);
export const notFound = (message: string) => new Refusal(Code.NotFound, message);
export const conflict = (message: string) => new Refusal(Code.Aborted, message);
export const unavailable = (message: string) => new Refusal(Code.Unavailable, message);

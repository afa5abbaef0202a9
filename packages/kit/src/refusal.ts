import { Code } from "@connectrpc/connect";

export { Code } from "@connectrpc/connect";

/**
 * An error that a method means its caller to see. Every other error that a handler throws, an upstream's `ConnectError` too,
 * is logged with its cause and leaves as "internal error".
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: Code;
  readonly about: RefusalAbout;

  constructor(code: Code, message: string, about: RefusalAbout = {}) {
    super(message);
    this.code = code;
    this.about = about;
  }
}

/** The machine-readable part of a refusal. It leaves as google.rpc error details, see `rpc/error-details.ts`. */
export interface RefusalAbout {
  /** UPPER_SNAKE_CASE, and stable. The code's name where absent. */
  readonly reason?: string;
  /** Further values by which callers tell errors with the same reason apart. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The place in the request that is at fault, e.g. `steps[0].amount`. */
  readonly field?: string | undefined;
  /** The record that the error is about. */
  readonly requestId?: string | undefined;
  /** Seconds after which the caller may try again. Where absent, Unavailable says `retryAfterSecs` and other codes nothing. */
  readonly retryAfterSecs?: number;
  /** The quota that is used up. */
  readonly quota?: { readonly subject: string; readonly id: string; readonly limit: number };
}

export const invalid = (message: string, about?: RefusalAbout) => new Refusal(Code.InvalidArgument, message, about);
export const unauthenticated = (message: string, about?: RefusalAbout) =>
  new Refusal(Code.Unauthenticated, message, about);
export const denied = (message: string, about?: RefusalAbout) => new Refusal(Code.PermissionDenied, message, about);
export const notFound = (message: string, about?: RefusalAbout) => new Refusal(Code.NotFound, message, about);
export const conflict = (message: string, about?: RefusalAbout) => new Refusal(Code.Aborted, message, about);
export const unavailable = (message: string, about?: RefusalAbout) => new Refusal(Code.Unavailable, message, about);

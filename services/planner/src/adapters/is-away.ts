import { Code, ConnectError } from "@connectrpc/connect";

/** Errors that say nothing but that the other side is away, or slow. */
export function isAway(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return code === Code.Unavailable || code === Code.DeadlineExceeded || code === Code.Canceled;
}

import { Code, ConnectError } from "@connectrpc/connect";

/** Whether an error means only that the other service is away or slow. */
export function isAway(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return code === Code.Unavailable || code === Code.DeadlineExceeded || code === Code.Canceled;
}

import assert from "node:assert/strict";
import { type Code, ConnectError } from "@connectrpc/connect";

export const taken = { case: "taken", value: { driverId: "driver", epoch: 1n } } as const;
export const ended = { case: "ended", value: { status: "failed", errorCode: "timed_out" } } as const;

export async function codeOf(call: Promise<unknown>): Promise<Code> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  );
  assert.notEqual(outcome, undefined, "the call succeeded");
  return outcome as Code;
}

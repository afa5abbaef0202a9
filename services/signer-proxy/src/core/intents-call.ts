import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { InvalidRequest } from "./problems.ts";

/**
 * Checks that intents, and payloads that hold them, are called on the verifier: they are signed for nobody else.
 * @param place of the call in the request, for the message
 * @throws InvalidRequest
 */
export function checkIntentsCall(place: string, call: GateCall, verifierId: string): void {
  if (call.payload.case !== "intents" && call.payload.case !== "own") return;
  if (call.receiverId !== verifierId || call.methodName !== "execute_intents" || call.deposit !== "0") {
    throw new InvalidRequest(`${place}: intents require ${verifierId}.execute_intents with zero deposit`);
  }
}

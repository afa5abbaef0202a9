import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { field, list, parse } from "../chain/json.ts";

/**
 * Applies the planner's rules about the wallet's own account to a workflow that was planned without knowing it.
 * @returns the problem, as a sentence
 */
export function findAccountProblem(calls: readonly GateCall[], accountId: string): string | undefined {
  for (const [index, { payload }] of calls.entries()) {
    if (payload.case !== "intents") continue;
    const name = `step ${index + 1} of ${calls.length}`;
    const { signerId, intentsJson } = payload.value;
    if (signerId !== undefined && signerId !== accountId)
      return `${name} names ${signerId} as signer, not the wallet's own account ${accountId}`;
    const isOwn = (intent: unknown) =>
      field(intent, "intent") === "transfer" && field(intent, "receiver_id") === accountId;
    if (list(parse(intentsJson)).some(isOwn)) return `${name} transfers to the wallet's own account`;
  }
  return undefined;
}

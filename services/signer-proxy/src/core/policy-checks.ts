import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { ActionTypes } from "./action-types.ts";
import { JsonTextError, parseJsonText } from "./json-text.ts";
import { type Movement, movementsOf, Unjudgeable } from "./movements.ts";
import { type CurrentUsage, RunningUsage, type Usage, usageLimit } from "./policy-usage.ts";

/** What check-policy is asked about, field names as on the wire. The last four are for the keystore's audit trail. */
export interface PolicyAction {
  readonly type: string;
  readonly token: string;
  readonly to?: string;
  /** Raw units, decimal. Never a number: that would count as 0 and disarm every limit. */
  readonly amount: string;
  readonly current_usage: CurrentUsage;
  readonly receiver_id: string;
  readonly method_name: string;
  readonly gas: string;
  readonly lane: "gate_proxy";
}

export interface PolicyCheck {
  /** Index of the step, from 0. */
  readonly step: number;
  readonly action: PolicyAction;
}

/** All the checks that a workflow stands for, or the first step that cannot be judged. */
export type PolicyChecks =
  | {
      readonly kind: "checks";
      readonly checks: readonly PolicyCheck[];
      /** What each step counts, raw units by token. */
      readonly moves: readonly ReadonlyMap<string, bigint>[];
    }
  | { readonly kind: "unjudgeable"; readonly step: number; readonly reason: string };

/** So that one workflow cannot keep the keystore busy for minutes. */
const maxChecks = 256;

/**
 * Per step the call itself, then one check for every intent in it that moves value. Each counts as usage for those
 * after it, within its own step too: otherwise a limit would hold for a part, not for the whole. A step counts as one
 * transaction.
 * @param usage what counts already: the wallet's other workflows
 */
export function policyChecks(calls: readonly GateCall[], types: ActionTypes, usage: Usage): PolicyChecks {
  const running = new RunningUsage(usage);
  const checks: PolicyCheck[] = [];
  const moves: ReadonlyMap<string, bigint>[] = [];
  for (const [step, call] of calls.entries()) {
    const moved = new Map<string, bigint>();
    try {
      for (const movement of [movementOfCall(call), ...movementsOfIntents(call)]) {
        if (checks.length === maxChecks) throw new Unjudgeable(`workflow moves value in more than ${maxChecks} places`);
        checks.push({ step, action: actionFor(movement, call, types, running) });
        const { token, amount } = movement;
        running.move(token, amount);
        if (amount > 0n) moved.set(token, (moved.get(token) ?? 0n) + amount);
      }
    } catch (error) {
      if (error instanceof Unjudgeable) return { kind: "unjudgeable", step, reason: error.message };
      throw error;
    }
    running.countTransaction();
    moves.push(moved);
  }
  return { kind: "checks", checks, moves };
}

function movementOfCall(call: GateCall): Movement {
  return { kind: "call", token: "native", amount: BigInt(call.deposit), to: call.receiverId };
}

function movementsOfIntents({ payload }: GateCall): Movement[] {
  if (payload.case !== "intents") return [];
  const { intentsJson, counterpartySignedJson } = payload.value;
  for (const [index, json] of counterpartySignedJson.entries()) {
    // It is put into the arguments as it stands, so it must be one JSON value and not break out of its place.
    const value = readJson(`counterparty_signed[${index}]`, json);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Unjudgeable(`counterparty_signed[${index}] must be an object`);
    }
  }
  return movementsOf(readJson("intents", intentsJson));
}

function readJson(place: string, text: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    throw error instanceof JsonTextError ? new Unjudgeable(`${place} ${error.message}`) : error;
  }
}

function actionFor(movement: Movement, call: GateCall, types: ActionTypes, usage: RunningUsage): PolicyAction {
  const { kind, token, amount, to } = movement;
  if (amount >= usageLimit) throw new Unjudgeable(`amount of ${token} is 2^127 or more, which policy cannot judge`);
  if (usage.highestAfter(token, amount) >= usageLimit) {
    throw new Unjudgeable(`usage of ${token} would be 2^127 or more, which policy cannot judge`);
  }
  return {
    type: types[kind],
    token,
    ...(to === undefined ? {} : { to }),
    amount: amount.toString(),
    current_usage: usage.current(),
    receiver_id: call.receiverId,
    method_name: call.methodName,
    gas: call.gas,
    lane: "gate_proxy",
  };
}

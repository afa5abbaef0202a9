import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { DirectUserCall } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { predecessorCallProblem } from "@outlayer/workflow";
import type { ActionTypes } from "./action-types.ts";
import type { SwapTo } from "./intent-kinds.ts";
import { JsonTextError, parseJsonText } from "./json-text.ts";
import { type Movement, movementsOf } from "./movements.ts";
import { ownCallProblem } from "./own-payloads.ts";
import { type CurrentUsage, RunningUsage, type Usage, usageLimit } from "./policy-usage.ts";
import { carriedByArgs, signersOf } from "./signed-by-others.ts";
import { Unjudgeable } from "./unjudgeable.ts";

/**
 * The action in a check-policy request, with field names as on the wire. The last four, and `receives`, are for the keystore's
 * audit trail: today's keystore does not judge by them.
 */
export interface PolicyAction {
  readonly type: string;
  readonly token: string;
  readonly to?: string;
  /** Raw units, decimal. Never a number: the keystore would count that as 0 and disarm every limit. */
  readonly amount: string;
  readonly current_usage: CurrentUsage;
  /** Least amounts that a swap brings in, raw units by full token id. */
  readonly receives?: Readonly<Record<string, string>>;
  readonly receiver_id: string;
  readonly method_name: string;
  readonly gas: string;
  readonly lane: "gate_proxy" | "direct_user";
}

export interface PolicyCheck {
  /** Index of the step, from 0. */
  readonly step: number;
  readonly action: PolicyAction;
}

/** All checks of a workflow, or the first step that cannot be judged. */
export type PolicyChecks =
  | {
      readonly kind: "checks";
      readonly checks: readonly PolicyCheck[];
      /** Amounts that each step moves, raw units by token. */
      readonly moves: readonly ReadonlyMap<string, bigint>[];
    }
  | { readonly kind: "unjudgeable"; readonly step: number; readonly reason: string };

/** Four for each of twelve steps, so that one workflow cannot keep the keystore busy for long. */
const maxChecks = 48;

/** The configuration by which workflows are judged. */
export interface PolicyTerms {
  readonly types: ActionTypes;
  readonly swapTo: SwapTo;
  readonly verifierId: string;
  readonly wrappedNearId: string;
  /** The account that signed in; absent for a wallet of the operator's. */
  readonly session?: string;
  /** The wallet's account. Needed where a call carries others' signed payloads. */
  readonly accountId?: string;
}

/** Whether a call carries signed payloads of others, which must not include one of the wallet's. */
export function carriesSigned({ receiverId, payload }: GateCall, verifierId: string): boolean {
  switch (payload.case) {
    case "intents":
      return payload.value.counterpartySignedJson.length > 0;
    case "own":
      return false;
    default:
      return receiverId === verifierId;
  }
}

/**
 * For each step: a check of the call itself, then for every intent that moves value or gives power one check per receiver. Amounts
 * count as usage for all later checks, also within the step: otherwise limits would hold for parts and not for the whole. A step
 * counts as one transaction.
 * @param usage of the wallet's other workflows
 */
export function policyChecks(calls: readonly GateCall[], terms: PolicyTerms, usage: Usage): PolicyChecks {
  const running = new RunningUsage(usage);
  const checks: PolicyCheck[] = [];
  const moves: ReadonlyMap<string, bigint>[] = [];
  for (const [step, call] of calls.entries()) {
    const moved = new Map<string, bigint>();
    try {
      for (const movement of [movementOfCall(call), ...movementsOfPayload(call, terms)]) {
        const actions = actionsFor(movement, call, terms.types, running);
        if (checks.length + actions.length > maxChecks) {
          throw new Unjudgeable(`policy would be asked more than ${maxChecks} questions: split the workflow up`);
        }
        checks.push(...actions.map((action) => ({ step, action })));
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

/** The one check of a direct-user call: it attaches no value, so policy judges the receiver and the number of calls. */
export function directUserCheck(call: DirectUserCall, types: ActionTypes, usage: Usage): PolicyCheck {
  const receiverId = call.scope?.receiverId ?? "";
  const action: PolicyAction = {
    type: types.call,
    token: "native",
    to: receiverId,
    amount: "0",
    current_usage: new RunningUsage(usage).current(),
    receiver_id: receiverId,
    method_name: call.methodName,
    gas: call.gas,
    lane: "direct_user",
  };
  return { step: 0, action };
}

function movementOfCall(call: GateCall): Movement {
  return { kind: "call", token: "native", amount: BigInt(call.deposit), to: [call.receiverId] };
}

function movementsOfPayload(call: GateCall, terms: PolicyTerms): Movement[] {
  const { payload } = call;
  const { verifierId, wrappedNearId, accountId, swapTo, session } = terms;
  const notOwn = ownCallProblem(call, session);
  if (notOwn !== undefined) throw new Unjudgeable(notOwn);
  // What they move is their signer's, who needs nobody's leave.
  if (payload.case === "own") return [];
  if (payload.case !== "intents") {
    const problem = predecessorCallProblem(call, verifierId);
    if (problem !== undefined) throw new Unjudgeable(problem);
    if (call.receiverId === verifierId) signersOf(carriedByArgs(payload.value ?? new Uint8Array()), accountId);
    return [];
  }
  const { intentsJson, counterpartySignedJson } = payload.value;
  // Each payload is embedded in the arguments unchanged, so it must be one JSON value and not break out of its place.
  const payloads = counterpartySignedJson.map((json, index) => readJson(`counterparty_signed[${index}]`, json));
  const counterparties = signersOf({ place: "counterparty_signed", payloads }, accountId);
  return movementsOf(readJson("intents", intentsJson), { verifierId, wrappedNearId, counterparties, swapTo });
}

function readJson(place: string, text: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    throw error instanceof JsonTextError ? new Unjudgeable(`${place} ${error.message}`) : error;
  }
}

/** One action per possible receiver: the amount leaves once, and its receiver is not known in advance. */
function actionsFor(movement: Movement, call: GateCall, types: ActionTypes, usage: RunningUsage): PolicyAction[] {
  const { kind, token, amount, to, receives } = movement;
  const type = types[kind];
  if (type === undefined) {
    throw new Unjudgeable(
      `${kind} changes who may act for the wallet, and the operator has named no policy type for it`,
    );
  }
  if (amount >= usageLimit) throw new Unjudgeable(`amount of ${token} is 2^127 or more, which policy cannot judge`);
  if (usage.highestAfter(token, amount) >= usageLimit) {
    throw new Unjudgeable(`usage of ${token} would be 2^127 or more, which policy cannot judge`);
  }
  const whom = to.length === 0 ? [undefined] : to;
  return whom.map((one) => ({
    type,
    token,
    ...(one === undefined ? {} : { to: one }),
    amount: amount.toString(),
    current_usage: usage.current(),
    ...(receives === undefined ? {} : { receives }),
    receiver_id: call.receiverId,
    method_name: call.methodName,
    gas: call.gas,
    lane: "gate_proxy",
  }));
}

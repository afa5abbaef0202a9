import type { Step } from "@outlayer/workflow";
import type { Limits } from "./facts.ts";

/** The way in which a step is carried out. */
export type Lane = "gate_proxy" | "funding_setup" | "direct_user" | "reject";

export type Classification =
  | { readonly lane: "gate_proxy" }
  | { readonly lane: "funding_setup"; readonly view: boolean }
  | { readonly lane: "direct_user" }
  | { readonly lane: "reject"; readonly reason: string };

export interface ClassifiedStep {
  readonly step: Step;
  readonly classification: Classification;
}

/** Published texts, which callers know. */
export const reasons = {
  intentsDeposit: "Intents workflow steps routed through the gate must attach zero deposit",
  functionCall: "near.function_call must declare predecessor_requirement user_required",
  unknownKind: "unsupported workflow step kind",
  nearIntents: "near_intents payloads require intents.near.execute_intents with zero deposit",
  gateProxy: "gate_proxy cannot satisfy requires_user_predecessor",
  ambiguous: "ambiguous normal calls must be classified before policy checks or signing",
  mixedBatch: "gate batch mixes proxy-safe and predecessor-sensitive steps",
} as const;

const gateProxy: Classification = { lane: "gate_proxy" };
const directUser: Classification = { lane: "direct_user" };
const reject = (reason: string): Classification => ({ lane: "reject", reason });

const fundingMethods: ReadonlySet<string> = new Set(["storage_deposit", "storage_balance_of", "ft_balance_of"]);
const viewMethods: ReadonlySet<string> = new Set(["storage_balance_of", "ft_balance_of"]);
const fundingOperations: ReadonlySet<string> = new Set([
  "balance_read",
  "funding_setup",
  "intents_deposit",
  "storage_setup",
  "wrap_near",
]);
const userOperations: ReadonlySet<string> = new Set(["staking", "rewards", "staking_reward_withdraw"]);

/** The lane of a single step, by the first rule that matches. Rules for batches follow later. */
export function classify(step: Step, limits: Limits): Classification {
  const { fields } = step;
  switch (step.form) {
    case "intents.transfer":
    case "intents.swap":
    case "intents.execute_raw":
    case "intents.execute_signed":
    case "intents.add_public_key":
    case "intents.remove_public_key":
      // Compared as text: "00" is not "0".
      return (fields.deposit ?? "0") === "0" ? gateProxy : reject(reasons.intentsDeposit);
    case "funding.balance_check":
      return { lane: "funding_setup", view: true };
    case "funding.wrap_near":
    case "funding.intents_deposit":
    case "funding.storage_deposit":
      return { lane: "funding_setup", view: false };
    case "near.function_call": {
      const userRequired = fields.predecessor_requirement === "user_required";
      return userRequired || fields.requires_user_predecessor ? directUser : reject(reasons.functionCall);
    }
    case "unknown":
      return reject(reasons.unknownKind);
    case "explicit":
      return classifyExplicit(step.fields, limits);
  }
}

type ExplicitFields = Extract<Step, { form: "explicit" }>["fields"];

function classifyExplicit(call: ExplicitFields, limits: Limits): Classification {
  const operation = call.operation ?? "";
  if (call.near_intents != null) {
    return isZeroDepositExecuteIntents(call, limits.verifierId) ? gateProxy : reject(reasons.nearIntents);
  }
  if (call.route === "gate_proxy") {
    return call.requires_user_predecessor ? reject(reasons.gateProxy) : gateProxy;
  }
  const wraps = call.receiver_id === limits.wrappedNearId && call.method_name === "near_deposit";
  const funds = wraps || fundingMethods.has(call.method_name) || fundingOperations.has(operation);
  if (call.route === "funding_setup" || funds) {
    return { lane: "funding_setup", view: viewMethods.has(call.method_name) || operation === "balance_read" };
  }
  if (call.requires_user_predecessor || call.route === "direct_user" || userOperations.has(operation)) {
    return directUser;
  }
  return reject(reasons.ambiguous);
}

/** Whether a call is the only kind that can carry signed intents. */
export function isZeroDepositExecuteIntents(
  call: { readonly receiver_id: string; readonly method_name: string; readonly deposit?: string | undefined },
  verifierId: string,
): boolean {
  return call.receiver_id === verifierId && call.method_name === "execute_intents" && (call.deposit ?? "0") === "0";
}

/** The account and method that a plan shows for a step. */
export function shownTarget(step: Step, limits: Limits): { receiverId: string; methodName: string } {
  const { receiver_id: receiver, method_name: method = "" } = step.fields;
  switch (step.form) {
    case "intents.transfer":
    case "intents.swap":
    case "intents.execute_raw":
    case "intents.execute_signed":
    case "intents.add_public_key":
    case "intents.remove_public_key":
      return { receiverId: limits.verifierId, methodName: "execute_intents" };
    case "funding.wrap_near":
      return { receiverId: limits.wrappedNearId, methodName: "near_deposit" };
    case "funding.intents_deposit":
      return { receiverId: limits.verifierId, methodName: "ft_transfer_call" };
    case "funding.balance_check":
      return { receiverId: receiver ?? "balance", methodName: "balance_check" };
    case "funding.storage_deposit":
      return { receiverId: receiver ?? "storage", methodName: "storage_deposit" };
    case "near.function_call":
    case "unknown":
    case "explicit":
      return { receiverId: receiver ?? "", methodName: method };
  }
}

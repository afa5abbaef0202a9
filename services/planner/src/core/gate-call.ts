import { isAccountId } from "@outlayer/near";
import type { Step } from "@outlayer/workflow";
import { isDecimal } from "./amounts.ts";
import { bytesOfBase64 } from "./base64.ts";
import type { Facts, Limits } from "./facts.ts";
import { defaultGas } from "./gate-limits.ts";
import { keyChangePayload } from "./key-change.ts";
import { intentsListPayload, nearIntentsPayload } from "./near-intents.ts";
import { ownPayloads } from "./own-payloads.ts";
import { type Built, type BuiltPayload, type GateCallInit, notAfter, problem } from "./payload.ts";
import { swapPayload } from "./swap.ts";
import { transferPayload, transferPlaces } from "./transfer.ts";

/**
 * Builds the call of a step on the lane `gate_proxy`, or says what is wrong with it, as a sentence that names the place. Rules
 * that need no account come first: a step that breaks one asks for no account.
 * @param place e.g. `steps[0]`
 * @param session the account that signed in; undefined for a wallet of the operator's
 */
export function gateCall(
  step: Step,
  place: string,
  facts: Facts,
  limits: Limits,
  session?: string | undefined,
): Built<GateCallInit> {
  const { gas = defaultGas, deposit = "0" } = step.fields;
  const receiverId = step.form === "explicit" ? step.fields.receiver_id : limits.verifierId;
  const methodName = step.form === "explicit" ? step.fields.method_name : "execute_intents";
  if (!isAccountId(receiverId)) return problem(`${place}.receiver_id is not an account id`);
  if (!isDecimal(gas)) return problem(`${place}.gas must be a decimal string`);
  if (!isDecimal(deposit)) return problem(`${place}.deposit must be a decimal string`);
  const payload = payloadOf(step, place, facts, limits, session);
  if (payload.problem !== undefined) return payload;
  return { ...payload, value: { receiverId, methodName, gas, deposit, payload: payload.value } };
}

function payloadOf(step: Step, place: string, facts: Facts, limits: Limits, session: string | undefined): BuiltPayload {
  if ("foreign" in step && step.foreign !== undefined) {
    const where = step.form === "explicit" ? "beside near_intents" : `on ${step.form} steps`;
    return problem(`${place}.${step.foreign} is not supported ${where}`);
  }
  switch (step.form) {
    case "intents.transfer": {
      const latest = notAfter(step.fields.deadline, place);
      if (latest.problem !== undefined) return latest;
      return transferPayload(step.fields, transferPlaces(place), facts, latest.ms);
    }
    case "intents.swap":
      return swapPayload(step.fields, place, facts, limits);
    case "intents.execute_raw": {
      const latest = notAfter(step.fields.deadline, place);
      if (latest.problem !== undefined) return latest;
      return intentsListPayload(step.fields.intents, `${place}.intents`, facts, latest.ms);
    }
    case "intents.execute_signed":
      return ownPayloads(step, place, facts, limits, session);
    case "intents.add_public_key":
    case "intents.remove_public_key":
      return keyChangePayload(step, place, facts);
    case "explicit":
      return explicitPayload(step.fields, place, facts);
    case "funding.wrap_near":
    case "funding.intents_deposit":
    case "funding.balance_check":
    case "funding.storage_deposit":
    case "near.function_call":
    case "unknown":
      return problem(`${place} does not go through the gate`);
  }
}

type ExplicitFields = Extract<Step, { form: "explicit" }>["fields"];

function explicitPayload(call: ExplicitFields, place: string, facts: Facts): BuiltPayload {
  if (payloadModes(call) > 1) {
    return problem(`${place} must include at most one of args_base64, args_json, or near_intents`);
  }
  if (call.near_intents != null) return nearIntentsPayload(call.near_intents, `${place}.near_intents`, facts);
  if (call.args_base64 != null) {
    const bytes = bytesOfBase64(call.args_base64);
    return bytes === undefined ? problem(`${place}.args_base64 is not base64`) : argsPayload(bytes);
  }
  const text = argsText(call.args_json);
  if (text === undefined) return problem(`${place}.args_json is not JSON`);
  return argsPayload(new TextEncoder().encode(text));
}

/** The number of payloads that a call carries; null is none. */
export function payloadModes(call: Pick<ExplicitFields, "args_base64" | "args_json" | "near_intents">): number {
  return [call.args_base64, call.args_json, call.near_intents].filter((mode) => mode != null).length;
}

/**
 * Text of JSON arguments: a string is JSON text already, another value is serialized compactly, and no value is empty.
 * @returns undefined for a string that is not JSON
 */
export function argsText(value: unknown): string | undefined {
  if (value == null) return "";
  if (typeof value !== "string") return JSON.stringify(value);
  try {
    JSON.parse(value);
    return value;
  } catch {
    return undefined;
  }
}

function argsPayload(bytes: Uint8Array): BuiltPayload {
  return { value: { case: "args", value: new Uint8Array(bytes) }, accountUnchecked: false };
}

import type { Env, PromiseAction } from "../../contract.ts";
import { DecodeError } from "../sdk/decode-error.ts";
import { accountId, base64Bytes, type Decoder, object, text } from "../sdk/decoder.ts";
import { u64Text, u128Text } from "../sdk/integers.ts";
import { readJson } from "../sdk/json.ts";
import { change, json, promised } from "../sdk/method.ts";
import { panic } from "../sdk/panic.ts";
import { promiseCall } from "../sdk/promises.ts";
import { gateGas } from "./gas.ts";
import { type ResumeSignal, resumeSignal } from "./resume-signal.ts";
import { GateState } from "./state.ts";
import { traces } from "./trace.ts";

interface Args {
  readonly intent_id: bigint;
  readonly receiver: string;
  readonly method: string;
  readonly args: Uint8Array;
  readonly deposit: bigint;
  readonly gas: bigint;
}

const args: Decoder<Args> = object<Args>({
  intent_id: u64Text,
  receiver: accountId,
  method: text,
  args: base64Bytes,
  deposit: u128Text,
  gas: u64Text,
});

/**
 * The yielded callback: dispatches the call, paid from the gate's own balance, and attaches the chain's next link to it. It runs once:
 * resumed, or with a failed result when the yield timed out.
 */
export const onIntentResumed = change({ gas: gateGas.callback, private: true }, args, (env, intent) => {
  const state = new GateState(env.storage);
  const id = intent.intent_id;
  state.takePending(id);
  const signal = readSignal(env);
  if (!signal?.approve) {
    if (signal) traces.intentRejected(env, id);
    else traces.intentTimedOut(env, id);
    state.count({ rejected: state.counters.rejected + 1n });
    return json(null);
  }

  traces.intentDispatched(env, id, intent.receiver, intent.method, signal.sequenceNumber ?? null);
  state.count({ dispatched: state.counters.dispatched + 1n });
  const dispatch = env.promise({ receiver: intent.receiver, actions: [callOf(intent)] });
  if (signal.nextIntentId === undefined) return promised(dispatch);
  const next = {
    method: "continue_chain",
    args: { next_id: signal.nextIntentId.toString(), next_seq: (signal.sequenceNumber ?? 0) + 1 },
    gas: gateGas.continueChainAttached,
  };
  return promised(promiseCall(env, env.current, next, dispatch));
});

/** The signal, or undefined if the yield timed out. */
function readSignal(env: Env): ResumeSignal | undefined {
  const [payload] = env.promiseResults;
  if (!payload) return undefined;
  try {
    return readJson(Buffer.from(payload).toString("utf8"), resumeSignal);
  } catch (error) {
    if (error instanceof DecodeError) panic(`Failed to deserialize callback using JSON. Error: \`${error.message}\``);
    throw error;
  }
}

/** The inner call, with its gas and no share of the unused gas. */
function callOf({ method, args: innerArgs, deposit, gas }: Args): PromiseAction {
  return { kind: "call", method, args: innerArgs, deposit, gas, gasWeight: 0n };
}

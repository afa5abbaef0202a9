import { bool, type Decoder, object } from "../sdk/decoder.ts";
import { u64Text } from "../sdk/integers.ts";
import { change, nothing } from "../sdk/method.ts";
import { panic, require } from "../sdk/panic.ts";
import { chargeFee } from "./fees.ts";
import { gateGas } from "./gas.ts";
import { encodeSignal } from "./resume-signal.ts";
import { GateState } from "./state.ts";
import { traces } from "./trace.ts";

const args: Decoder<{ readonly intent_id: bigint; readonly approve: boolean }> = object({
  intent_id: u64Text,
  approve: bool,
});

/** Dispatches or rejects one pending intent; a reject costs the fee too. Needs no free tail. */
export const resumeIntent = change({ gas: gateGas.resume, payable: true }, args, (env, { intent_id: id, approve }) => {
  const state = new GateState(env.storage);
  require(env.predecessor === state.config.approverId, "only approver can resume");
  chargeFee(env, state, 1);
  const pending = state.takePending(id) ?? panic("unknown intent_id");
  const signal = encodeSignal({ approve, sequenceNumber: undefined, nextIntentId: undefined });
  require(env.yieldResume(pending.dataId, signal), "resume failed (not found or expired)");
  traces.intentResumed(env, id, approve);
  return nothing();
});

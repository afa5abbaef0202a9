import { type Decoder, object, u32 } from "../sdk/decoder.ts";
import { u64Text } from "../sdk/integers.ts";
import { change, json } from "../sdk/method.ts";
import { panic, require } from "../sdk/panic.ts";
import { gateGas } from "./gas.ts";
import { encodeSignal } from "./resume-signal.ts";
import { GateState } from "./state.ts";
import { traces } from "./trace.ts";

const args: Decoder<{ readonly next_id: bigint; readonly next_seq: number }> = object({
  next_id: u64Text,
  next_seq: u32,
});

/** Resumes the chain's next link, whether the call before it succeeded or failed. A panic leaves the tail dirty. */
export const continueChain = change(
  { gas: gateGas.continueChain, private: true },
  args,
  (env, { next_id: nextId, next_seq: nextSeq }) => {
    const state = new GateState(env.storage);
    const [head, ...tail] = state.batchTail;
    if (head === undefined) panic("batch_chain_tail empty but expected next_id");
    require(head === nextId, "chain tail mismatch (state drifted from expected next_id)");
    state.batchTail = tail;
    const pending = state.takePending(nextId) ?? panic("unknown next_id in continue_chain");
    const signal = encodeSignal({ approve: true, sequenceNumber: nextSeq, nextIntentId: tail[0] });
    require(env.yieldResume(pending.dataId, signal), "resume failed in continue_chain");
    traces.chainContinued(env, nextId, nextSeq, tail.length);
    return json(null);
  },
);

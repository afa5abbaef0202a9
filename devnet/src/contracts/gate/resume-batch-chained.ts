import { type Decoder, list, object } from "../sdk/decoder.ts";
import { u64Text } from "../sdk/integers.ts";
import { change, nothing } from "../sdk/method.ts";
import { panic, require } from "../sdk/panic.ts";
import { chargeFee } from "./fees.ts";
import { gateGas } from "./gas.ts";
import { encodeSignal } from "./resume-signal.ts";
import { GateState } from "./state.ts";
import { traces } from "./trace.ts";

const args: Decoder<{ readonly intent_ids: readonly bigint[] }> = object({ intent_ids: list(u64Text) });

/**
 * Starts a chain: resumes the first intent, and stores the others as the tail that `continue_chain` works off. Like the real gate, it
 * does not check the ids for duplicates: one leaves the tail dirty.
 */
export const resumeBatchChained = change({ gas: gateGas.resume, payable: true }, args, (env, { intent_ids: ids }) => {
  const state = new GateState(env.storage);
  require(env.predecessor === state.config.approverId, "only approver can batch-resume");
  const [firstId, ...tail] = ids;
  if (firstId === undefined) panic("batch must not be empty");
  require(state.batchTail.length === 0, "a chained batch is already in flight; owner must reset_batch_tail if stuck");
  chargeFee(env, state, ids.length);
  env.useGas(gateGas.resumePerIntent * BigInt(ids.length));
  for (const id of ids) require(state.pending(id) !== undefined, `unknown intent_id ${id} in batch`);

  const batchId = state.counters.activeBatchId + 1n;
  state.count({ activeBatchId: batchId });
  state.batchTail = tail;
  const first = state.takePending(firstId) ?? panic("unknown intent_id for first in batch");
  const signal = encodeSignal({ approve: true, sequenceNumber: 0, nextIntentId: tail[0] });
  require(env.yieldResume(first.dataId, signal), "resume failed for first (not found or expired)");
  traces.batchStarted(env, batchId, ids.length, firstId);
  return nothing();
});

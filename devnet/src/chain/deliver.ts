import { applyActionReceipt } from "./apply-receipt.ts";
import type { Hop } from "./hops.ts";
import { deriveId } from "./ids.ts";
import type { BlockContext } from "./receipt-context.ts";
import type { ActionReceipt, DataReceipt, Receipt } from "./types.ts";

/** Delivers a receipt: runs it, postpones it until its inputs are there, or hands its data to the receipt that waits. */
export function deliver(block: BlockContext, receipt: Receipt): void {
  if (receipt.kind === "action") deliverAction(block, receipt);
  else if (receipt.isResume) resumeYield(block, receipt);
  else deliverData(block, receipt);
}

/**
 * Fails a shard's yields whose time is up: their callbacks run in the next block.
 * @param since height of the shard's chunk before this one
 */
export function timeOutYields(block: BlockContext, shard: number, since: bigint, wins: boolean): void {
  const timedOut: Hop[] = [];
  for (let height = since + 1n; height <= block.height; height += 1n)
    timedOut.push(...timedOutAt(block, shard, height));
  // The callback sees whichever arrives first: a resume of this same block may win or lose.
  if (wins) block.outgoing.unshift(...timedOut);
  else block.outgoing.push(...timedOut);
}

function timedOutAt(block: BlockContext, shard: number, height: bigint): Hop[] {
  const { state, layout } = block;
  const timedOut: Hop[] = [];
  const elsewhere: string[] = [];
  for (const dataId of state.expiring(height)) {
    const pending = state.pendingYield(dataId);
    if (pending === undefined) continue;
    const account = pending.receipt.receiver;
    if (layout.of(account) !== shard) {
      elsewhere.push(dataId);
      continue;
    }
    const receipt: DataReceipt = {
      kind: "data",
      id: deriveId("timeout", dataId, block.height),
      predecessor: account,
      receiver: account,
      dataId,
      data: null,
      isResume: true,
    };
    state.addReceipt(receipt);
    timedOut.push({ receipt, from: shard, dueAt: block.height + 1n });
  }
  state.setExpiries(height, elsewhere);
  return timedOut;
}

function deliverAction(block: BlockContext, receipt: ActionReceipt): void {
  const { state } = block;
  const missing = receipt.inputDataIds.filter((dataId) => state.data(dataId) === undefined);
  if (missing.length === 0) {
    runWithInputs(block, receipt);
    return;
  }
  for (const dataId of missing) state.setWaiting(dataId, receipt.id);
  state.setPostponed(receipt.id, { receipt, missing: missing.length });
}

function deliverData(block: BlockContext, { dataId, data }: DataReceipt): void {
  const { state } = block;
  state.setData(dataId, { value: data });
  const waiting = state.waitingFor(dataId);
  if (waiting === undefined) return;
  state.setWaiting(dataId, undefined);
  const postponed = state.postponed(waiting);
  if (postponed === undefined) return;
  const missing = postponed.missing - 1;
  state.setPostponed(waiting, missing === 0 ? undefined : { ...postponed, missing });
  if (missing === 0) runWithInputs(block, postponed.receipt);
}

function runWithInputs(block: BlockContext, receipt: ActionReceipt): void {
  const { state } = block;
  const results = receipt.inputDataIds.map((dataId) => state.data(dataId)?.value ?? null);
  for (const dataId of receipt.inputDataIds) state.setData(dataId, undefined);
  applyActionReceipt(block, receipt, results);
}

/** A resume after another one, or after the timeout, finds no waiting yield and is dropped. */
function resumeYield(block: BlockContext, { dataId, data }: DataReceipt): void {
  const pending = block.state.pendingYield(dataId);
  if (pending === undefined) return;
  block.state.setPendingYield(dataId, undefined);
  applyActionReceipt(block, pending.receipt, [data]);
}

import type { LaneProgress } from "../workflow/lane-progress.ts";

/** A workflow on the gate, in the order in which they are resumed. */
export interface LaneEntry {
  readonly requestId: string;
  readonly calls: number;
  readonly progress: LaneProgress;
}

/** Blocks from sending a transaction to the block in which its receipt runs. */
const sendBlocks = 2;

/** Blocks from admission to intents that can be resumed: signing, submitting, seeing the ids. */
const prepareBlocks = 5;

/** How many blocks before its turn a workflow is taken in: enough to be ready in time, few against the timeout of 200. */
const admitAhead = 10;

/** Blocks for which a chain of that many calls keeps the gate's tail: one more chain can start that much later. */
export function chainBlocks(calls: number): number {
  return 3 * (calls - 1) + 1;
}

/** Whose chain may be resumed now: the first that is not through, if it is ready. */
export function whoseTurn(lane: readonly LaneEntry[]): string | undefined {
  const first = lane.find(({ progress }) => !["clear", "lost", "gone"].includes(progress.kind));
  return first?.progress.kind === "ready" ? first.requestId : undefined;
}

/** Height at which a chain that comes behind everything on the lane can start. */
export function laneFreeAt(lane: readonly LaneEntry[], head: number): number {
  let free = head + sendBlocks;
  for (const { progress, calls } of lane) {
    switch (progress.kind) {
      case "clear":
      case "lost":
      case "gone":
        break;
      case "running":
        free = Math.max(free, progress.started + chainBlocks(calls));
        break;
      case "resuming":
        free = Math.max(free, head + 1 + chainBlocks(calls));
        break;
      case "ready":
        free += chainBlocks(calls);
        break;
      case "preparing":
        free = Math.max(free, head + prepareBlocks) + chainBlocks(calls);
        break;
      default:
        progress satisfies never;
    }
  }
  return free;
}

/** Whether the next workflow should be taken in now. */
export function mayAdmit(lane: readonly LaneEntry[], head: number): boolean {
  return laneFreeAt(lane, head) <= head + admitAhead;
}

/** Expected start heights of those that wait, in their order. */
export function expectedStarts(lane: readonly LaneEntry[], waiting: readonly number[], head: number): number[] {
  let free = Math.max(laneFreeAt(lane, head), head + prepareBlocks);
  return waiting.map((calls) => {
    const start = free;
    free += chainBlocks(calls);
    return start;
  });
}

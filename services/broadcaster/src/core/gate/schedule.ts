import type { GateProgress } from "../workflow/gate-progress.ts";

/** A workflow on the gate's lane, which is in the order of resumes. */
export interface LaneEntry {
  readonly requestId: string;
  readonly calls: number;
  readonly progress: GateProgress;
}

/** Blocks from sending a transaction to the block in which its receipt runs. */
const sendBlocks = 2;

/** Blocks from admission until intents can be resumed: signing, submitting, reading the ids. */
const prepareBlocks = 5;

/** Blocks before its turn at which a workflow is admitted: enough to be ready in time, few compared to the timeout of 200. */
const admitAhead = 10;

/** Blocks for which a chain of that many calls holds the gate's tail: the next chain can start that much later. */
export function chainBlocks(calls: number): number {
  return 3 * (calls - 1) + 1;
}

/** The workflow whose chain may be resumed now: the first that still needs the gate, if it is ready. */
export function whoseTurn(lane: readonly LaneEntry[]): string | undefined {
  const first = lane.find(({ progress }) => !["clear", "lost", "gone"].includes(progress.kind));
  return first?.progress.kind === "ready" ? first.requestId : undefined;
}

/** Height at which a chain behind everything on the lane can start. */
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

/** Whether the next workflow should be admitted now. */
export function mayAdmit(lane: readonly LaneEntry[], head: number): boolean {
  return laneFreeAt(lane, head) <= head + admitAhead;
}

/** Expected start height of the first waiting workflow. */
export function firstStart(lane: readonly LaneEntry[], head: number): number {
  return Math.max(laneFreeAt(lane, head), head + prepareBlocks);
}

/** Expected start heights of waiting workflows, in their order. */
export function expectedStarts(lane: readonly LaneEntry[], waiting: readonly number[], head: number): number[] {
  let free = firstStart(lane, head);
  return waiting.map((calls) => {
    const start = free;
    free += chainBlocks(calls);
    return start;
  });
}

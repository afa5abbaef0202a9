import type { ErrorCode } from "@outlayer/workflow";

/** What keeps a workflow waiting: others before it, or what a run that went wrong would end with. */
export type WaitReason = ErrorCode | "turn";

/** The place of a workflow that waits for the gate. */
export interface QueuePlace {
  /** From 1; 0 where it is not known. */
  readonly position: number;
  /** Height at which its chain is expected to start; undefined where that cannot be predicted. */
  readonly expectedStart: number | undefined;
  readonly waitingFor: WaitReason;
}

/** Least change of an expected start, in blocks, that is reported. */
const leastShift = 20;

/**
 * Whether a place has changed enough for an event: the reason differs; its position has halved or doubled; or its expected start
 * has moved by more than half of the wait that was left. So each workflow in a long queue that drains evenly gets a few events,
 * and not one a block; of its last moves the first place is told, as the start was known before.
 * @param head current height
 */
export function isWorthTelling(told: QueuePlace, now: QueuePlace, head: number): boolean {
  if (told.waitingFor !== now.waitingFor) return true;
  const hasMoved = now.position !== told.position;
  if (hasMoved && (now.position * 2 <= told.position || now.position >= told.position * 2)) return true;
  if (told.expectedStart === undefined || now.expectedStart === undefined) {
    return told.expectedStart !== now.expectedStart;
  }
  const left = Math.max(0, told.expectedStart - head);
  return Math.abs(now.expectedStart - told.expectedStart) > Math.max(leastShift, left / 2);
}

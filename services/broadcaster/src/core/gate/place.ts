/** Where a workflow stands that waits for the gate. */
export interface QueuePlace {
  /** From 1; 0 where it is not known. */
  readonly position: number;
  /** Height at which its chain is expected to start; undefined where nobody can tell. */
  readonly expectedStart: number | undefined;
  readonly waitingFor: string;
}

/** Positions of which each is told. */
const front = 3;

/** Blocks by which an expected start may be off before it is told anew. */
const leastShift = 20;

/**
 * Whether what a reader was told is not true enough any more, so that it is worth an event: it waits for something else; it
 * is among the first three and has moved; its position has halved or doubled; or its start has moved by more than half of the
 * wait that was left. A long queue that drains at an even pace is told to each of its workflows a few times, not once a block.
 * @param head height now
 */
export function isWorthTelling(told: QueuePlace, now: QueuePlace, head: number): boolean {
  if (told.waitingFor !== now.waitingFor) return true;
  if (now.position !== told.position) {
    if (now.position <= front || told.position <= front) return true;
    if (now.position * 2 <= told.position || now.position >= told.position * 2) return true;
  }
  if (told.expectedStart === undefined || now.expectedStart === undefined) {
    return told.expectedStart !== now.expectedStart;
  }
  const left = Math.max(0, told.expectedStart - head);
  return Math.abs(now.expectedStart - told.expectedStart) > Math.max(leastShift, left / 2);
}

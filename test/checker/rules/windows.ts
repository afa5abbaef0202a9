import type { Violation } from "../violation.ts";
import type { WorkflowFacts } from "../workflow.ts";

/** A transaction as a broadcaster wrote it down. */
export interface Attempt {
  readonly hash: string;
  /** Height of the head that the broadcaster knew then. */
  readonly head: number;
}

/** Blocks that may pass while what was judged waits for calls before it to leave. */
const leavesWithin = 3;

/** What is too late, as far as a broadcaster knows, it does not write down (rule: window-is-judged-with-the-key). */
export function checkWindows({ requestId, windows }: WorkflowFacts, attempts: readonly Attempt[]): Violation[] {
  return windows.flatMap(({ kind, hash, lastHead }) => {
    const late = attempts.find((one) => one.hash === hash && one.head > lastHead + leavesWithin);
    if (late === undefined) return [];
    const sentence = `the ${kind} ${hash} was written down at ${late.head}, after ${lastHead}`;
    return [{ kind: "late", requestId, sentence }];
  });
}

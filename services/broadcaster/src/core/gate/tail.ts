import type { Finding } from "../checks/finding.ts";
import type { Resumption } from "./resumption.ts";

/** The gate's own state, as far as it decides whether a chain can start. */
export interface GateTail {
  /** `get_batch_tail`: intents that the running chain has still to dispatch. */
  readonly tail: readonly string[];
  /** `list_pending`; read only where the tail is not empty. */
  readonly pending: readonly string[];
}

/** Blocks for which a tail may stay as it is before it is called stuck: a target's promises can take a while. */
const stuckAfter = 30;

export interface TailWatch {
  readonly tail: readonly string[];
  /** Head at which it was first seen like this. */
  readonly sinceHead: number;
}

/** Remembers since when the tail is as it is. */
export function watchTail(before: TailWatch | undefined, tail: readonly string[], head: number): TailWatch {
  const same = before !== undefined && before.tail.join() === tail.join();
  return same ? before : { tail, sinceHead: head };
}

/**
 * What an unexpected tail means: somebody else's chain runs, or nothing moves any more. A member that is not pending
 * has timed out, so the chain can never go on (rule: tail-is-read-before-a-resend).
 */
export function judgeTail(gate: GateTail, watch: TailWatch, head: number): "free" | "gate_busy" | "gate_stuck" {
  if (gate.tail.length === 0) return "free";
  const isBroken = gate.tail.some((id) => !gate.pending.includes(id));
  return isBroken || head >= watch.sinceHead + stuckAfter ? "gate_stuck" : "gate_busy";
}

/** What a tail means for those who want the gate next. */
export type TailHolder = "free" | "ours" | "gate_busy" | "gate_stuck";

const tailMessages: Readonly<Record<TailHolder, string>> = {
  free: "no chain runs on the gate",
  ours: "a chain of ours runs on the gate",
  gate_busy: "the gate is held by somebody else's chain",
  gate_stuck: "the gate is stuck: its owner has to reset the batch tail",
};

/** Whether the next run can start, or has only our own chains before it. Single resumes need no tail. */
export function checkTail(
  tail: readonly string[],
  holder: TailHolder,
  { resumption, mayOverflow = false }: { readonly resumption: Resumption; readonly mayOverflow?: boolean },
): Finding {
  const actual = tail.length === 0 ? "empty" : tail.join();
  if (resumption === "single") {
    return {
      ok: true,
      expected: "any",
      actual,
      message: "each call is resumed by itself, which needs no place on the gate",
    };
  }
  const isFree = holder === "free" || holder === "ours";
  const ok = isFree || (holder === "gate_stuck" && mayOverflow);
  return { ok, expected: "empty, or ours", actual, message: tailMessages[holder] };
}

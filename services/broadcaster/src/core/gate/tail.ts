import type { Finding } from "../checks/finding.ts";
import type { Resumption } from "./resumption.ts";

/** The gate's own state that decides whether a chain can start. */
export interface GateTail {
  /** `get_batch_tail`: intents that the running chain has still to dispatch. */
  readonly tail: readonly string[];
  /** `list_pending`; read only where the tail is not empty. */
  readonly pending: readonly string[];
}

/** Blocks after which an unchanged tail counts as stuck: a target's promises can take a while. */
export const stuckAfter = 30;

export interface TailWatch {
  readonly tail: readonly string[];
  /** Head at which the tail was first seen like this. */
  readonly sinceHead: number;
}

/** Remembers how long the tail has not changed. */
export function watchTail(before: TailWatch | undefined, tail: readonly string[], head: number): TailWatch {
  const same = before !== undefined && before.tail.join() === tail.join();
  return same ? before : { tail, sinceHead: head };
}

/**
 * The meaning of a tail that no chain of ours explains: somebody else's chain runs, or nothing moves. A member that is not pending
 * has timed out, so the chain can never go on (rule: tail-is-read-before-a-resend).
 */
export function judgeTail(gate: GateTail, watch: TailWatch, head: number): "free" | "gate_busy" | "gate_stuck" {
  if (gate.tail.length === 0) return "free";
  const isBroken = gate.tail.some((id) => !gate.pending.includes(id));
  return isBroken || head >= watch.sinceHead + stuckAfter ? "gate_stuck" : "gate_busy";
}

/** Who holds the tail, for workflows that want the gate next. */
export type TailHolder = "free" | "ours" | "gate_busy" | "gate_stuck";

const tailMessages: Readonly<Record<TailHolder, string>> = {
  free: "no chain runs on the gate",
  ours: "a chain of ours runs on the gate",
  gate_busy: "the gate is held by somebody else's chain",
  gate_stuck: "the gate is stuck: its owner has to reset the batch tail",
};

/** Whether the next run can start, or waits for our own chains only. Single resumes need no tail. */
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

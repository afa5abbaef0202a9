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
 * has timed out, so the chain can never go on.
 */
export function judgeTail(gate: GateTail, watch: TailWatch, head: number): "free" | "gate_busy" | "gate_stuck" {
  if (gate.tail.length === 0) return "free";
  const isBroken = gate.tail.some((id) => !gate.pending.includes(id));
  return isBroken || head >= watch.sinceHead + stuckAfter ? "gate_stuck" : "gate_busy";
}

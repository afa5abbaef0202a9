import type { ErrorCode } from "@outlayer/workflow";
import { stuckAfter } from "./tail.ts";

/** Blocks for which nothing may stand in a stuck gate's way before it counts as free: wallets are not to move to and fro. */
const freeAfter = 10;

/** What stands in a gate's way. */
export interface Obstacle {
  readonly code: ErrorCode;
  /** The gate carries nothing for as long as the obstacle is there; others may pass by themselves within a few blocks. */
  readonly holdsAll: boolean;
}

/** Whether a gate carries what it is given, as far as its broadcaster has seen. */
export type Standing =
  | { readonly kind: "free" }
  /** An obstacle was there the last time that anybody looked, and may pass by itself. */
  | { readonly kind: "hampered"; readonly code: ErrorCode; readonly sinceHead: number }
  | {
      readonly kind: "stuck";
      readonly code: ErrorCode;
      /** Since when nothing has stood in the way; undefined while something does. */
      readonly freeSinceHead: number | undefined;
    };

export const free: Standing = { kind: "free" };

/** What a workflow at its admission, or a look at the gate, has found. */
export interface Found {
  /** An admission sees less than a look: it does not ask for the tail where it needs none. */
  readonly by: "admission" | "look";
  /** Undefined where nothing stood in the way. */
  readonly obstacle: Obstacle | undefined;
}

/**
 * A gate's standing after one more finding. An obstacle that holds everything makes it stuck at once, another one after 30 blocks in
 * which nothing got past. Stuck, it is free again once looks have found nothing for ten blocks.
 */
export function standingAfter(before: Standing, { by, obstacle }: Found, head: number): Standing {
  if (before.kind === "stuck") {
    if (by === "admission") return before;
    if (obstacle !== undefined) return { kind: "stuck", code: obstacle.code, freeSinceHead: undefined };
    const freeSinceHead = before.freeSinceHead ?? head;
    return head >= freeSinceHead + freeAfter ? free : { ...before, freeSinceHead };
  }
  if (obstacle === undefined) return free;
  const { code, holdsAll } = obstacle;
  const sinceHead = before.kind === "hampered" ? before.sinceHead : head;
  if (holdsAll || head >= sinceHead + stuckAfter) return { kind: "stuck", code, freeSinceHead: undefined };
  return { kind: "hampered", code, sinceHead };
}

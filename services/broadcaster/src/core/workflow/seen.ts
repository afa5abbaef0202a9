import { hasSucceeded } from "./progress.ts";
import type { StepState } from "./state.ts";
import { decidingBlocks, undoneBy } from "./undone.ts";
import type { World } from "./world.ts";

/** A block that a resume names: it is valid on no fork without it. */
export interface SeenIn {
  readonly hash: string;
  readonly height: number;
}

/** A step's progress on the head's chain, final or not. */
export type Seen =
  /** Its intent waits on the gate. */
  | { readonly kind: "pending" }
  /** Its intent was dispatched, by anybody, and its target has no result yet. */
  | { readonly kind: "running" }
  /** Its target has succeeded, in that block, and a receipt that can still take that back has not run. */
  | { readonly kind: "revocable"; readonly block: SeenIn }
  /** `block`: in which the result was seen; undefined once the log has it, since then it holds on every fork. */
  | { readonly kind: "succeeded" | "failed"; readonly block: SeenIn | undefined };

type Sight = Pick<World, "block"> & { readonly view: Pick<World["view"], "submissions"> };

/** Ignores answers of the node that refer to a lost fork. */
export function seenOf(step: StepState, { view, block }: Sight): Seen {
  if (step.resolved !== undefined) {
    return { kind: hasSucceeded(step) ? "succeeded" : "failed", block: undefined };
  }
  if (step.closed !== undefined) return { kind: "failed", block: undefined };
  const onChain = (hash: string): SeenIn | undefined => {
    const place = block(hash);
    return place === undefined || place.state === "forked" ? undefined : { hash, height: place.height };
  };
  const seen = step.accepted === undefined ? undefined : view.submissions.get(step.accepted.txHash);
  const end = seen?.closed ?? seen?.callbackFailed;
  const endedIn = end === undefined ? undefined : onChain(end.blockHash);
  if (endedIn !== undefined) return { kind: "failed", block: endedIn };
  if (seen?.dispatch === undefined || onChain(seen.dispatch.blockHash) === undefined) return { kind: "pending" };
  const { target } = seen.dispatch;
  const ranIn = target === undefined || target.result.kind === "pending" ? undefined : onChain(target.result.blockHash);
  if (target === undefined || ranIn === undefined) return { kind: "running" };
  if (target.result.kind !== "success") return { kind: "failed", block: ranIn };
  const decided = decidingBlocks(target.aftermath).map(onChain);
  if (target.aftermath.kind === "open" || decided.includes(undefined)) return { kind: "revocable", block: ranIn };
  // All of them are on one chain, so the latest descends from the others.
  const last = decided.reduce((a, b) => ((b?.height ?? 0) > (a?.height ?? 0) ? b : a), ranIn);
  return { kind: undoneBy(target.aftermath).outcome === undefined ? "succeeded" : "failed", block: last };
}

import type { StepState } from "./state.ts";
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
  /** `block`: in which the result was seen; undefined once the log has it, since then it holds on every fork. */
  | { readonly kind: "succeeded" | "failed"; readonly block: SeenIn | undefined };

type Sight = Pick<World, "block"> & { readonly view: Pick<World["view"], "submissions"> };

/** Ignores answers of the node that refer to a lost fork. */
export function seenOf(step: StepState, { view, block }: Sight): Seen {
  if (step.resolved !== undefined) {
    const kind = step.resolved.receipt?.status === "success" ? "succeeded" : "failed";
    return { kind, block: undefined };
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
  const result = seen.dispatch.target?.result;
  const ranIn = result === undefined || result.kind === "pending" ? undefined : onChain(result.blockHash);
  if (ranIn === undefined) return { kind: "running" };
  return { kind: result?.kind === "success" ? "succeeded" : "failed", block: ranIn };
}

import type { StepState } from "./state.ts";
import type { World } from "./world.ts";

/** A block that a resume names: it is valid on no fork without it. */
export interface SeenIn {
  readonly hash: string;
  readonly height: number;
}

/** How a step went, as far as it is seen on the head's chain, be it final or not. */
export type Seen =
  /** Its intent waits on the gate. */
  | { readonly kind: "pending" }
  /** Its intent was dispatched, by whomever, and its target has no result yet. */
  | { readonly kind: "running" }
  /** `block`: in which that was seen; undefined once the log has it, for then it is so on every fork. */
  | { readonly kind: "succeeded" | "failed"; readonly block: SeenIn | undefined };

type Sight = Pick<World, "block"> & { readonly view: Pick<World["view"], "submissions"> };

/** Answers of the node that speak of a fork that lost count for nothing. */
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

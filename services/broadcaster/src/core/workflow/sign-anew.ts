import type { Action } from "./action.ts";
import type { WorkflowState } from "./state.ts";
import type { World } from "./world.ts";

/** Final blocks from one signing of a workflow's steps to the next. */
const betweenSignings = 10;

/** How often a workflow's steps are signed anew. */
const mostSigningsAnew = 3;

/**
 * Bounds how often steps are signed anew whose signatures were discarded and are dead: where clocks or the keystore make each of
 * them too old at once, a workflow would sign, and write to its log, for ever (rule: signed-anew-is-bounded).
 * @returns undefined where they may be signed now
 */
export function boundSigningAnew({ steps, discards }: WorkflowState, { final, settings }: World): Action | undefined {
  if (discards > mostSigningsAnew) {
    const userVisibleError = `what was signed for it became too old before it could be sent, ${discards} times; nothing was sent`;
    const outcomes = steps.map(() => ({ outcome: "not_executed" }));
    const value = { status: "failed", errorCode: "timed_out", userVisibleError, outcomes } as const;
    return { kind: "append", event: { case: "ended", value } };
  }
  const signedAt = Number(steps[0]?.terms?.maxBlockHeight ?? 0n) - settings.delegateValidityBlocks;
  return final.height < signedAt + betweenSignings ? { kind: "wait" } : undefined;
}

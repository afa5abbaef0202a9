import type { SubmissionView } from "../chain/submission-view.ts";
import { isOver } from "./in-time.ts";
import { liveResume } from "./progress.ts";
import type { WorkflowState } from "./state.ts";
import type { World } from "./world.ts";

/** Final blocks from finding that a resume cannot land, within which the proof succeeds if every node answers. */
const lostAfter = 15;

/** The progress of an admitted workflow, as far as it matters to others on the gate. */
export type GateProgress =
  /** Signing or submitting. */
  | { readonly kind: "preparing" }
  /** Its intents are pending: it can be resumed. */
  | { readonly kind: "ready" }
  /** A resume was prepared and was not seen to run. */
  | { readonly kind: "resuming" }
  /** Its resume cannot land any more, and there is no proof that it never did: the gate's tail shows whether its chain runs. */
  | { readonly kind: "lost" }
  /** Its chain has run since this height. */
  | { readonly kind: "running"; readonly started: number }
  /** A resume of the next workflow that is sent now finds the tail empty. */
  | { readonly kind: "clear" }
  /** It does not use the gate any more, but may have left a tail behind. */
  | { readonly kind: "gone" };

export function gateProgress(state: WorkflowState, world: World): GateProgress {
  if (state.ended !== undefined || isOver(state, world.head)) return { kind: "gone" };
  const resume = liveResume(state);
  if (resume === undefined) {
    return { kind: state.steps.every(({ accepted }) => accepted !== undefined) ? "ready" : "preparing" };
  }
  const started = startHeight(state, world);
  if (started === undefined) return { kind: isLost(resume.hash, world) ? "lost" : "resuming" };
  if (state.steps.length === 1) return { kind: "clear" };
  const herald = state.steps.at(-2)?.accepted?.txHash;
  const isClear = herald !== undefined && isTailFree(world.view.submissions.get(herald));
  return isClear ? { kind: "clear" } : { kind: "running", started };
}

/** Whether the resume's fate has been unknown so long that others must not wait for it any more. */
function isLost(hash: string, { view, final }: World): boolean {
  const foundAt = view.groundFoundAt.get(hash);
  return foundAt !== undefined && final.height >= foundAt + lostAfter;
}

/** Height of the block in which the resume ran, on the optimistic chain. */
export function startHeight(state: WorkflowState, world: World): number | undefined {
  const resume = liveResume(state);
  if (resume?.fate.kind === "started") return resume.fate.height;
  const result = resume === undefined ? undefined : world.view.resumes.get(resume.hash)?.result;
  if (result?.kind !== "started") return undefined;
  const block = world.block(result.blockHash);
  return block === undefined || block.state === "forked" ? undefined : block.height;
}

/**
 * Whether the gate's tail is empty when a resume that is sent now runs. The last-but-one member tells: once its target has a result,
 * the gate's next link, which empties the tail, runs one block later (rule: resume-runs-on-an-empty-tail). If the target answered
 * with a promise, only the link itself tells.
 */
export function isTailFree(lastButOne: SubmissionView | undefined): boolean {
  if (lastButOne?.continued !== undefined) return true;
  const target = lastButOne?.dispatch?.target;
  return target !== undefined && !target.promised && target.result.kind !== "pending";
}

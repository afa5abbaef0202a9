import type { Action } from "./action.ts";
import { isTailFree, startHeight } from "./gate-progress.ts";
import { isDone, singlesOf } from "./progress.ts";
import { seenOf } from "./seen.ts";
import type { StepState, WorkflowState } from "./state.ts";
import { isLookDue, type World } from "./world.ts";

/** Heads between looks while no result is expected. */
const idleEvery = 10;

/** Heads between looks at a dispatch that is overdue. */
const overdueEvery = 3;

/**
 * Looks at the intents' own transactions until every step is dispatched and final, whoever dispatched it
 * (rule: chain-counts-whoever-acted). A look is due with its result: if the resume ran in block B, member i's target runs in
 * B+2+3i at the earliest and is final two blocks later.
 */
export function watchDispatches(state: WorkflowState, world: World): Action {
  const started = startHeight(state, world);
  const due = state.steps.flatMap((step, index) => {
    const hash = step.accepted?.txHash;
    return hash !== undefined && !isDone(step) && isDue(state, world, index, hash, started) ? [hash] : [];
  });
  const herald = started === undefined || !world.isAwaited ? undefined : heraldOf(state, world);
  if (due.length > 0) {
    const isAwaited = herald !== undefined && due.includes(herald);
    return { kind: "look", submissions: due, resumes: [], ...(isAwaited ? { isAwaited } : {}) };
  }
  const isNext = started !== undefined && world.head + 1 === runsAt(started, state.steps.length - 2);
  if (herald !== undefined && isNext) return { kind: "look_ahead", submissions: [herald], resumes: [] };
  return { kind: "wait" };
}

/** The last member but one: its result shows that the gate's tail becomes free. Undefined once that is seen. */
function heraldOf(state: WorkflowState, { view }: World): string | undefined {
  const hash = state.steps.at(-2)?.accepted?.txHash;
  return hash === undefined || isTailFree(view.submissions.get(hash)) ? undefined : hash;
}

/** Height at which a member's target runs at the earliest, of a chain that was started at this one. */
function runsAt(started: number, member: number): number {
  return started + 2 + 3 * member;
}

/**
 * The same where each intent has a resume of its own. A step under way is looked at until its result is seen, which the next step
 * waits for; finality then needs no look. A step without a resume may be dispatched by somebody else.
 */
export function watchSingleDispatches(state: WorkflowState, world: World): Action {
  const due = state.steps.flatMap((step) => {
    const hash = step.accepted?.txHash;
    return hash !== undefined && !isDone(step) && isStepDue(state, world, step, hash) ? [hash] : [];
  });
  return due.length > 0 ? { kind: "look", submissions: due, resumes: [] } : { kind: "wait" };
}

function isStepDue(state: WorkflowState, world: World, step: StepState, hash: string): boolean {
  const { kind } = seenOf(step, world);
  if (kind === "succeeded" || kind === "failed") return false;
  const started = singlesOf(state, step).flatMap(({ fate }) => (fate.kind === "started" ? [fate.height] : []))[0];
  if (started === undefined) return isLookDue(world, hash, 0, kind === "pending" ? idleEvery : 1);
  const runs = started + 2;
  return isLookDue(world, hash, runs, world.head > runs + idleEvery ? overdueEvery : 1);
}

function isDue(state: WorkflowState, world: World, index: number, hash: string, started: number | undefined): boolean {
  if (started === undefined) return isLookDue(world, hash, 0, idleEvery);
  const runs = runsAt(started, index);
  // Waiting workflows need the last-but-one member's result before it is final.
  if (world.isAwaited && hash === heraldOf(state, world))
    return isLookDue(world, hash, runs, world.head > runs + idleEvery ? overdueEvery : 1);
  const expected = runs + 2;
  return isLookDue(world, hash, expected, world.head > expected + overdueEvery ? overdueEvery : 1);
}

import type { AcceptedSubmission } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { cutError, cutLogs } from "../chain/cut-text.ts";
import { classifyRefusal } from "../chain/gate-texts.ts";
import type { SubmissionView, Target } from "../chain/submission-view.ts";
import { readVerifierEffects } from "../chain/verifier-events.ts";
import type { EventInit } from "./action.ts";
import { judgeStep, toStepOutcome } from "./outcomes.ts";
import { intentHashesOf } from "./payloads.ts";
import { isDone, liveSubmission, openResume } from "./progress.ts";
import { mayTrustHead } from "./standstill.ts";
import type { StepState, WorkflowState } from "./state.ts";
import { decidingBlocks, undoneBy } from "./undone.ts";
import type { World } from "./world.ts";

/**
 * The next fact in the node's answers that the log does not hold yet. Facts are recorded once final
 * (rule: evidence-is-final); ids need not be.
 */
export function observe(state: WorkflowState, world: World): EventInit | undefined {
  return (
    withdrawnIds(state, world) ??
    acceptedSubmissions(state, world) ??
    refusedSubmission(state, world) ??
    resumeFate(state, world) ??
    stepFate(state, world) ??
    cancelFate(state, world) ??
    forgottenTransaction(state, world)
  );
}

/** A step whose refusal says that the gate knew its delegate before: the earlier submission has to be found. */
export function stepToAdopt(state: WorkflowState, world: World): number | undefined {
  const index = state.steps.findIndex((step, index) => {
    const refusal = finalRefusal(step, world);
    return refusal !== undefined && classifyRefusal(refusal.error) === "nonceUsed" && !world.view.adoptions.has(index);
  });
  return index === -1 ? undefined : index;
}

/** Ids that were seen in a block of a fork that lost (rule: ids-of-a-lost-fork-are-withdrawn). */
function withdrawnIds(state: WorkflowState, world: World): EventInit | undefined {
  const steps = state.steps.flatMap(({ accepted, resolved, closed }, index) => {
    const open = accepted !== undefined && resolved === undefined && closed === undefined;
    return open && world.block(accepted.blockHash)?.state === "forked" ? [index] : [];
  });
  return steps.length === 0 ? undefined : { case: "idsWithdrawn", value: { steps } };
}

function acceptedSubmissions(state: WorkflowState, world: World): EventInit | undefined {
  const steps = state.steps.flatMap((step, index): Partial<AcceptedSubmission>[] => {
    if (step.accepted !== undefined || step.refused !== undefined) return [];
    const adopted = world.view.adoptions.get(index);
    if (adopted !== undefined && adopted !== "none") return [adopted];
    const sent = liveSubmission(step);
    const result = sent === undefined ? undefined : world.view.submissions.get(sent.transaction.hash)?.submission;
    if (sent === undefined || result?.kind !== "accepted") return [];
    const block = world.block(result.blockHash);
    if (block === undefined || block.state === "forked") return [];
    if (block.state !== "final" && !mayTrustHead(state.standstill, world)) return [];
    const { hash, signerId } = sent.transaction;
    const { intentId, blockHash } = result;
    return [{ step: index, txHash: hash, signerId, intentId, blockHash, blockHeight: BigInt(block.height) }];
  });
  return steps.length === 0
    ? undefined
    : { case: "submissionsAccepted", value: { steps: steps as AcceptedSubmission[] } };
}

function refusedSubmission(state: WorkflowState, world: World): EventInit | undefined {
  for (const [index, step] of state.steps.entries()) {
    const refusal = finalRefusal(step, world);
    if (refusal === undefined) continue;
    if (classifyRefusal(refusal.error) === "nonceUsed" && world.view.adoptions.get(index) !== "none") continue;
    return { case: "submissionRefused", value: { step: index, txHash: refusal.hash, error: refusal.error } };
  }
  return undefined;
}

function finalRefusal(step: StepState, world: World): { hash: string; error: string } | undefined {
  if (step.accepted !== undefined || step.refused !== undefined) return undefined;
  const hash = liveSubmission(step)?.transaction.hash;
  const result = hash === undefined ? undefined : world.view.submissions.get(hash)?.submission;
  if (hash === undefined || result?.kind !== "refused" || !isFinal(world, result.blockHash)) return undefined;
  return { hash, error: result.error };
}

function resumeFate(state: WorkflowState, world: World): EventInit | undefined {
  for (const resume of state.resumes.filter(openResume)) {
    const result = world.view.resumes.get(resume.hash)?.result;
    if (result === undefined || result.kind === "pending") continue;
    const block = world.block(result.blockHash);
    if (block?.state !== "final") continue;
    return result.kind === "started"
      ? { case: "resumeStarted", value: { txHash: resume.hash, blockHeight: BigInt(block.height) } }
      : { case: "resumeRefused", value: { txHash: resume.hash, error: result.error } };
  }
  return undefined;
}

function stepFate(state: WorkflowState, world: World): EventInit | undefined {
  for (const [index, step] of state.steps.entries()) {
    if (step.accepted === undefined || step.resolved !== undefined || step.closed !== undefined) continue;
    const view = world.view.submissions.get(step.accepted.txHash);
    if (view === undefined) continue;
    const fate = resolved(state, world, index, step, view) ?? closed(world, index, view);
    if (fate !== undefined) return fate;
  }
  return undefined;
}

function resolved(
  state: WorkflowState,
  world: World,
  index: number,
  step: StepState,
  { dispatch }: SubmissionView,
): EventInit | undefined {
  const target = dispatch?.target;
  if (dispatch === undefined || target === undefined || target.result.kind === "pending") return undefined;
  const { aftermath } = target;
  const callback = world.block(dispatch.blockHash);
  const ran = world.block(target.blockHash);
  if (callback?.state !== "final" || ran?.state !== "final" || !isFinal(world, target.result.blockHash))
    return undefined;
  if (aftermath.kind === "open" || !decidingBlocks(aftermath).every((hash) => isFinal(world, hash))) return undefined;
  const call = state.calls[index];
  const error = target.result.kind === "failure" ? target.result.error : undefined;
  const receipt = {
    intentId: step.accepted?.intentId ?? "",
    receiptId: target.receiptId,
    receiverId: call?.receiverId ?? "",
    methodName: call?.methodName ?? "",
    blockHeight: BigInt(ran.height),
    status: error === undefined ? "success" : "failure",
    logs: cutLogs(target.logs),
    ...(error === undefined ? {} : { error }),
  };
  const value = { step: index, dispatchBlockHeight: BigInt(callback.height), receipt };
  const decidedAt = decidingBlocks(aftermath).map((hash) => world.block(hash)?.height ?? 0);
  const after = {
    ...(error === undefined ? undoneBy(aftermath) : {}),
    ...(decidedAt.length === 0 ? {} : { decidedBlockHeight: BigInt(Math.max(...decidedAt)) }),
  };
  const outcome = toStepOutcome(judgeStep({ ...step, resolved: { ...value, ...after } as never }, index, world.final));
  const balanceDeltas =
    error === undefined ? deltasOf(state, step, target, call?.receiverId === world.settings.verifierId) : {};
  return { case: "stepResolved", value: { ...value, ...after, outcome, balanceDeltas } };
}

function deltasOf(
  state: WorkflowState,
  step: StepState,
  { logs, aftermath }: Target,
  ofVerifier: boolean,
): Record<string, string> {
  const intentHashes = intentHashesOf(step);
  if (!ofVerifier || intentHashes.length === 0 || state.account === undefined) return {};
  const effects = readVerifierEffects(logs, state.account.accountId, intentHashes);
  if (!effects.executed) return {};
  const deltas = new Map(effects.deltas);
  for (const [token, amount] of aftermath.kind === "known" ? aftermath.returned : []) {
    deltas.set(token, (deltas.get(token) ?? 0n) + amount);
  }
  return Object.fromEntries([...deltas].flatMap(([token, delta]) => (delta === 0n ? [] : [[token, String(delta)]])));
}

function closed(world: World, index: number, view: SubmissionView): EventInit | undefined {
  const end = view.closed ?? view.callbackFailed;
  const block = end === undefined ? undefined : world.block(end.blockHash);
  if (end === undefined || block?.state !== "final") return undefined;
  const reason = "reason" in end ? { reason: cutError(end.reason) } : { reason: "callback_failed", error: end.error };
  return { case: "intentClosed", value: { step: index, blockHeight: BigInt(block.height), ...reason } };
}

/** The payloads that a cancel made impossible, by the verifier's own events. */
function cancelFate(state: WorkflowState, world: World): EventInit | undefined {
  for (const { transaction, payloads, fate } of state.cancels) {
    const result = fate.kind === "open" ? world.view.cancels.get(transaction.hash)?.result : undefined;
    if (result === undefined || result.kind === "pending") continue;
    const block = world.block(result.blockHash);
    if (block?.state !== "final") continue;
    const ran = { txHash: transaction.hash, blockHeight: BigInt(block.height) };
    if (result.kind === "refused") return { case: "cancelResolved", value: { ...ran, error: result.error } };
    const steps = payloads.flatMap(({ step, intentHash }) => (result.executed.has(intentHash) ? [step] : []));
    return { case: "cancelResolved", value: { ...ran, steps } };
  }
  return undefined;
}

/** A transaction that the log still waits for, and that no node remembers (rule: forgotten-is-never-unknown). */
function forgottenTransaction(state: WorkflowState, { view }: World): EventInit | undefined {
  if (view.forgotten.size === 0) return undefined;
  const awaited = [
    ...state.steps.flatMap((step) => {
      if (isDone(step) || step.refused !== undefined) return [];
      return step.accepted?.txHash ?? liveSubmission(step)?.transaction.hash ?? [];
    }),
    ...state.resumes.filter(openResume).map(({ hash }) => hash),
    ...state.cancels.flatMap(({ transaction, fate }) => (fate.kind === "open" ? [transaction.hash] : [])),
  ];
  const txHash = awaited.find((hash) => view.forgotten.has(hash) && !state.forgotten.includes(hash));
  return txHash === undefined ? undefined : { case: "transactionForgotten", value: { txHash } };
}

function isFinal(world: World, hash: string): boolean {
  return world.block(hash)?.state === "final";
}

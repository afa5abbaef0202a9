import type { Action } from "./action.ts";
import { type Moment, mayRepeat } from "./standstill.ts";
import type { SentTransaction, WorkflowState } from "./state.ts";
import { isLookDue, type World } from "./world.ts";

/** Heads after which the same bytes are sent again, if the node does not know them. */
export const resendAfter = 3;

/** Heads after which it is worth checking whether a transaction can land at all. */
export const proveAfter = 10;

/** Heads in which a higher nonce lands, becomes final and proves its point, with room to spare. */
const burnAgainAfter = 30;

/** Heads from sending a transaction to the one in which its receipt runs. */
export const runsAfter = 2;

export interface Pursuit {
  readonly kind: "submission" | "resume" | "cancel";
  /** Whether the transaction's time has passed, so that it is to be made impossible. */
  readonly giveUp: boolean;
  /** Heads after sending at which a result is visible; `runsAfter` where absent. */
  readonly seenAfter?: number;
}

/**
 * Finds out the fate of sent transactions: looks, sends the same bytes again (rule: unknown-is-never-failed), proves the dead ones
 * dead (rule: signed-anew-only-when-dead).
 */
export function pursue(
  state: WorkflowState,
  world: World,
  sent: readonly SentTransaction[],
  { kind, giveUp, seenAfter = runsAfter }: Pursuit,
): Action {
  const hashes = sent.map(({ transaction }) => transaction.hash);
  const due = hashes.filter(
    (hash) =>
      !isDecided(world, hash) && isLookDue(world, hash, (world.view.sentAt.get(hash)?.last ?? -seenAfter) + seenAfter),
  );
  if (due.length > 0) {
    return lookAt(kind, due, hashes.length > 1 && hashes.every((hash) => isJustSent(world, hash)));
  }
  const missing = hashes.filter((hash) => isMissing(world, hash));
  const abandoned = giveUp ? missing[0] : undefined;
  if (abandoned !== undefined && isBurnDue(world, abandoned)) return { kind: "burn_nonce", hash: abandoned };
  // Checked before a resend, which with a slow node is due after every look.
  const hopeless = missing.find((hash) => isProofDue(world, hash, giveUp ? resendAfter : proveAfter));
  if (hopeless !== undefined) return { kind: "prove_dead", hash: hopeless };
  // Resend only after a look that is newer than the last send.
  const coldAfter = Math.max(resendAfter, seenAfter);
  const cold = missing.filter((hash) => world.head >= (world.view.sentAt.get(hash)?.last ?? 0) + coldAfter);
  if (cold.length > 0 && !giveUp) return { kind: "resend", hashes: cold };
  // An unknown cancel is not recorded: the settling workflow already says what may still execute.
  const late = kind === "cancel" ? [] : sent.filter(({ atMs }) => world.nowMs > atMs + world.settings.pollTimeoutMs);
  if (late.length > 0 && isUnknownToTell(state, world)) {
    const txHashes = late.map(({ transaction }) => transaction.hash);
    return { kind: "append", event: { case: "outcomeUnknown", value: { txHashes } } };
  }
  return { kind: "wait" };
}

/** Whether the log does not say yet that a fate is unknown, and may say so now. */
export function isUnknownToTell(state: Pick<WorkflowState, "unknown" | "standstill">, moment: Moment): boolean {
  return !state.unknown && mayRepeat(state.standstill, "outcomeUnknown", moment);
}

/** Whether its receipt was seen to run. The result counts once that block is final, and is void if it is forked away. */
function isDecided({ view, block }: World, hash: string): boolean {
  const result =
    view.submissions.get(hash)?.submission ?? view.resumes.get(hash)?.result ?? view.cancels.get(hash)?.result;
  if (result === undefined || result.kind === "pending") return false;
  const state = block(result.blockHash)?.state;
  return state === "head" || state === "final";
}

/** Whether this process has sent it and nobody has looked for it yet. */
function isJustSent({ view }: World, hash: string): boolean {
  return view.sentAt.has(hash) && !view.lookedAt.has(hash);
}

/** @param areJustSent while the last one has not run, it is too early for the others */
function lookAt(kind: Pursuit["kind"], due: readonly string[], areJustSent: boolean): Action {
  switch (kind) {
    case "submission":
      return { kind: "look", submissions: due, resumes: [], ...(areJustSent ? { lastFirst: true } : {}) };
    case "resume":
      return { kind: "look", submissions: [], resumes: due };
    case "cancel":
      return { kind: "look_at_cancel", hash: due[0] ?? "" };
  }
}

function isMissing({ view }: World, hash: string): boolean {
  return [view.submissions, view.resumes, view.cancels].some(
    (seen: ReadonlyMap<string, unknown>) => seen.has(hash) && seen.get(hash) === undefined,
  );
}

/** A transaction that burns a nonce can get lost as well, so it is repeated. */
function isBurnDue({ view, head }: World, hash: string): boolean {
  const last = view.burntAt.get(hash);
  return last === undefined || head >= last + burnAgainAfter;
}

function isProofDue(world: World, hash: string, every: number): boolean {
  const last = world.view.provenAt.get(hash) ?? world.view.sentAt.get(hash)?.first ?? world.head - every;
  return world.head >= last + every;
}

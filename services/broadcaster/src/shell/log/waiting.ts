import type { Queue } from "@outlayer/contracts/outlayer/workflow/v1/record";
import type { Ports } from "@outlayer/kit";
import type { BroadcasterConfig } from "../../config.ts";
import { isWorthTelling, type QueuePlace, type WaitReason } from "../../core/gate/place.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import type { WorkflowState } from "../../core/workflow/state.ts";
import { waitingTexts } from "../../core/workflow/waiting-texts.ts";

const texts: Readonly<Record<string, string>> = waitingTexts;

export interface Wait extends QueuePlace {
  /** Height of the head; 0 where it is not known. */
  readonly head: number;
}

export interface WaitNeeds {
  readonly ports: Pick<Ports, "clock">;
  readonly config: Pick<BroadcasterConfig, "queueTimeoutMs">;
  /** When anybody was taken in at the gate last, milliseconds since the epoch; 0 where that says nothing of this wait. */
  readonly admittedAtMs: number;
}

/**
 * What to write down while a workflow waits of which nothing was submitted: why, when that changed; and the end, with
 * that reason's code, when it has waited too long for anything but its turn (rule: own-turn-has-no-time-limit, rule: blocked-workflow-waits-so-long).
 * Undefined for no news.
 * @param text what that sentence says it waited for
 */
export function waitingEvent(
  state: Pick<WorkflowState, "waiting"> & { readonly admitted?: WorkflowState["admitted"] },
  wait: Wait,
  { ports, config, admittedAtMs }: WaitNeeds,
  text = texts[wait.waitingFor] ?? wait.waitingFor,
): EventInit | undefined {
  const { waitingFor, position, expectedStart } = wait;
  const now = ports.clock.now();
  const before = state.waiting;
  const since = goesOnSince(before, wait, admittedAtMs);
  const isTurn = waitingFor === "turn";
  const isGates = isTurn && since !== undefined && !isKeystores(before);
  if (isGates && !before?.isOutdated) return undefined;
  const ofTurn = isGates ? undefined : since;
  const blockedSinceMs = isTurn ? ofTurn : (since ?? now);
  if (!isTurn && blockedSinceMs !== undefined && now > blockedSinceMs + config.queueTimeoutMs) {
    const waited = Math.round(config.queueTimeoutMs / 1000);
    const userVisibleError = `${text}, for more than ${waited} s; nothing was sent`;
    return { case: "ended", value: { status: "failed", errorCode: waitingFor, userVisibleError } };
  }
  const isTold = before !== undefined && !before.isOutdated;
  const isSame = isTold && !isWorthTelling(placeOf(before.queue), wait, wait.head);
  // One that was admitted has to lose its place all the same.
  if (isSame && state.admitted === undefined) return undefined;
  const queue = {
    position,
    waitingFor,
    ...(expectedStart === undefined ? {} : { expectedStartHeight: BigInt(expectedStart) }),
  };
  const blocked = blockedSinceMs === undefined ? {} : { blockedSinceMs: BigInt(blockedSinceMs) };
  return { case: "waiting", value: { queue, ...blocked } };
}

function placeOf({ position, expectedStartHeight, waitingFor }: Queue): QueuePlace {
  const expectedStart = expectedStartHeight === undefined ? undefined : Number(expectedStartHeight);
  // The log has it as text; no other reason was ever written there.
  return { position, expectedStart, waitingFor: waitingFor as WaitReason };
}

/**
 * Since when it has been blocked, if that has not ended. That its turn is not now says nothing of why it was blocked when
 * it was: it was sent to the end of the queue for that. The gate's own troubles are over as soon as others wait for turns;
 * the operator's, once anybody was taken in since; the keystore's, of one wallet perhaps, only once it has signed.
 */
function goesOnSince(before: WorkflowState["waiting"], { waitingFor }: Wait, admittedAtMs: number): number | undefined {
  const since = before?.blockedSinceMs;
  if (before === undefined || since === undefined) return undefined;
  const isGateFree = waitingFor === "turn" && before.queue.waitingFor.startsWith("gate_");
  if (isKeystores(before) && ["turn", "keystore_unavailable"].includes(waitingFor)) return since;
  return isGateFree || admittedAtMs > since ? undefined : since;
}

/** Of a wait for its turn only the keystore's time goes on. */
function isKeystores(before: WorkflowState["waiting"]): boolean {
  return ["turn", "keystore_unavailable"].includes(before?.queue.waitingFor ?? "");
}

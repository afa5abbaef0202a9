import type { Queue } from "@outlayer/contracts/outlayer/workflow/v1/record";
import type { Ports } from "@outlayer/kit";
import type { DriverConfig } from "../../config.ts";
import { isWorthTelling, type QueuePlace, type WaitReason } from "../../core/gate/place.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import { type Moment, mayTell, type Standstill } from "../../core/workflow/standstill.ts";
import type { WorkflowState } from "../../core/workflow/state.ts";
import { waitingTexts } from "../../core/workflow/waiting-texts.ts";

const texts: Readonly<Record<string, string>> = waitingTexts;

export interface Wait extends QueuePlace {
  /** Height of the head; 0 where it is not known. */
  readonly head: number;
}

export interface WaitNeeds {
  readonly ports: Pick<Ports, "clock">;
  readonly config: Pick<DriverConfig, "queueTimeoutMs">;
  /** Median time of a block, milliseconds; undefined where the chain has not shown it. */
  readonly blockMs: number | undefined;
  /** Time of the latest admission, milliseconds since the epoch; 0 for none, or where admissions do not bear on this wait. */
  readonly admittedAtMs: number;
}

/**
 * The event for a waiting workflow of which nothing was submitted: the reason, when it has changed; or the end, with the
 * reason's code, when the workflow has waited too long for anything but its turn; undefined for no change
 * (rule: own-turn-has-no-time-limit, rule: blocked-workflow-waits-so-long).
 * @param text the reason, as the end's sentence gives it
 */
export function waitingEvent(
  state: Pick<WorkflowState, "waiting" | "standstill"> & { readonly admitted?: WorkflowState["admitted"] },
  wait: Wait,
  { ports, config, blockMs, admittedAtMs }: WaitNeeds,
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
  // The event also takes the admission back, so an admitted workflow needs it all the same.
  if (state.admitted === undefined) {
    if (isSame) return undefined;
    if (!endsBlockage(before, wait) && !mayTellNow(state.standstill, wait, { nowMs: now, blockMs })) return undefined;
  }
  const queue = {
    position,
    waitingFor,
    ...(expectedStart === undefined ? {} : { expectedStartHeight: BigInt(expectedStart) }),
  };
  const blocked = blockedSinceMs === undefined ? {} : { blockedSinceMs: BigInt(blockedSinceMs) };
  return { case: "waiting", value: { queue, ...blocked } };
}

/** Whether the gate was in the way and is no longer: untold, an earlier blockage and a later one would count as one. */
function endsBlockage(before: WorkflowState["waiting"], { waitingFor }: Pick<Wait, "waitingFor">): boolean {
  return waitingFor === "turn" && isGates(before?.queue.waitingFor ?? "");
}

/** Whether the reason may be told: a nearer place in the queue always, another reason only now and then. */
function mayTellNow(standstill: Standstill, { waitingFor, position }: Wait, moment: Moment): boolean {
  return (position > 0 && position < standstill.foremost) || mayTell(standstill, isGates(waitingFor) ? 2 : 1, moment);
}

/** Whether the gate itself is in the way. */
export function isGates(waitingFor: string): boolean {
  return waitingFor.startsWith("gate_");
}

function placeOf({ position, expectedStartHeight, waitingFor }: Queue): QueuePlace {
  const expectedStart = expectedStartHeight === undefined ? undefined : Number(expectedStartHeight);
  // The log holds the reason as text; nothing but a `WaitReason` was ever written there.
  return { position, expectedStart, waitingFor: waitingFor as WaitReason };
}

/**
 * Start of a blockage that still lasts; undefined once it is over. A wait for the turn alone ends none: a blocked workflow
 * goes to the end of the queue. The gate's blockage ends once the wait is for a turn; the operator's, once a workflow was
 * admitted since; the keystore's, perhaps of one wallet alone, only once the keystore has signed. A blockage that is there
 * after an admission is another one, and as old as that admission: the log may hold the older one for as long as both last.
 */
function goesOnSince(before: WorkflowState["waiting"], { waitingFor }: Wait, admittedAtMs: number): number | undefined {
  const since = before?.blockedSinceMs;
  if (before === undefined || since === undefined) return undefined;
  const isGateFree = endsBlockage(before, { waitingFor });
  if (isKeystores(before) && ["turn", "keystore_unavailable"].includes(waitingFor)) return since;
  if (isGateFree) return undefined;
  if (admittedAtMs <= since) return since;
  return waitingFor === "turn" ? undefined : admittedAtMs;
}

/** Whether the blockage may be the keystore's: a wait for the turn goes on with no other. */
function isKeystores(before: WorkflowState["waiting"]): boolean {
  return ["turn", "keystore_unavailable"].includes(before?.queue.waitingFor ?? "");
}

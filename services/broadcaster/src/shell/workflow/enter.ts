import { sleep } from "@outlayer/kit";
import type { WaitReason } from "../../core/gate/place.ts";
import type { Account, WorkflowState } from "../../core/workflow/state.ts";
import { outagePauseMs, policyFor } from "../log/error-policy.ts";
import type { OpenLog } from "../log/log-driver.ts";
import { isGates, waitingEvent } from "../log/waiting.ts";
import { checkPolicy, type Grants } from "../policy/check-policy.ts";
import { type AdmissionNeeds, seekAdmission } from "./perform/seek-admission.ts";
import { type SignNeeds, sign } from "./perform/sign.ts";

export type EnterNeeds = AdmissionNeeds & SignNeeds;

/** Performs an action before anything is submitted. The workflow may be blocked, and not for ever (rule: blocked-workflow-waits-so-long). */
export async function enter(
  needs: EnterNeeds,
  kind: "check_policy" | "seek_admission" | "sign",
  log: OpenLog<WorkflowState>,
  grants: Grants,
): Promise<void> {
  const { state, append, stopping } = log;
  const { requestId } = state;
  try {
    if (kind === "check_policy") return await append(await checkPolicy(needs, state, grants));
    const account = state.account as Account;
    if (kind === "sign") {
      const event = await sign(needs, state, account, { grants, append, signal: stopping });
      return event === undefined ? undefined : await append(event);
    }
    const admission = await seekAdmission(needs, state, account, grants);
    if (admission.kind === "event") return await append(admission.event);
    return await wait(needs, log, admission);
  } catch (error) {
    const waitingFor = policyFor(error)?.waitingFor;
    if (waitingFor === undefined) throw error;
    letGo(needs, requestId);
    await wait(needs, log, { waitingFor, position: 0 });
    await sleep(needs.ports.timers, outagePauseMs, stopping);
  }
}

/** Gives up a workflow's places in all lines: its trouble must not hold up those behind it. */
export function letGo(
  { conductor, line, intake }: Pick<EnterNeeds, "conductor" | "line" | "intake">,
  requestId: string,
): void {
  conductor.withdraw(requestId);
  line.leave(requestId);
  intake.leave(requestId);
}

interface Waits {
  readonly waitingFor: WaitReason;
  readonly position: number;
  readonly expectedStart?: number;
}

async function wait(
  { conductor, intake, follower, ports, config }: EnterNeeds,
  log: OpenLog<WorkflowState>,
  { waitingFor, position, expectedStart }: Waits,
): Promise<void> {
  const { state } = log;
  const head = follower.heads?.optimistic.height ?? 0;
  // A workflow that goes past the gate shows nothing of the gate: admissions without a place on the lane end no wait for one.
  const admittedAtMs = isGates(waitingFor) ? conductor.enteredAtMs : conductor.admittedAtMs;
  const about = { ports, config, blockMs: follower.blockMs, admittedAtMs };
  const event = waitingEvent(state, { waitingFor, position, expectedStart, head }, about);
  if (event !== undefined) await log.append(event);
  const inGateQueue = position === 0 ? undefined : conductor;
  const queue = intake.isWaiting(state.requestId) ? intake : inGateQueue;
  // A workflow with a place in a queue is called, so that thousands need not look at every block. The others look once a
  // block, and not at every change on the gate: two of them would wake each other for ever.
  const change = queue === undefined ? follower.changes : queue.callsFor(state.requestId);
  if (change !== undefined) await log.changeOf(change);
}

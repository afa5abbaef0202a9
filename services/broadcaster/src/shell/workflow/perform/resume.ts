import type { ApproverTransaction } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { Logger } from "@outlayer/kit";
import type { DriverConfig } from "../../../config.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import type { EventInit } from "../../../core/workflow/action.ts";
import { canStillResume, isInTime } from "../../../core/workflow/in-time.ts";
import type { SeenIn } from "../../../core/workflow/seen.ts";
import type { WorkflowState } from "../../../core/workflow/state.ts";
import type { Follower } from "../../chain/follower.ts";
import type { Conductor } from "../../gate/conductor.ts";
import type { GateReader } from "../../gate/gate-reader.ts";
import type { Sightings } from "../sightings.ts";

export interface ResumeNeeds {
  readonly conductor: Conductor;
  readonly follower: Follower;
  readonly node: NearNode;
}

export interface RejectNeeds extends ResumeNeeds {
  readonly gate: GateReader;
  readonly config: DriverConfig;
  readonly logger: Logger;
}

type Append = (event: EventInit) => Promise<void>;

/**
 * Starts the workflow's chain: the conductor signs and logs the resume, the workflow's own log follows, then the resume is sent.
 * The transaction names the latest block in which an id was seen, so that it is valid on no fork without the ids
 * (rule: resume-stands-on-the-blocks-it-saw).
 */
export async function resumeChain(
  tools: ResumeNeeds,
  state: WorkflowState,
  seen: Sightings,
  append: Append,
): Promise<void> {
  const accepted = state.steps.flatMap((step) => step.accepted ?? []);
  const latest = accepted.reduce((a, b) => (b.blockHeight > a.blockHeight ? b : a));
  const wanted = {
    requestId: state.requestId,
    mode: "chain" as const,
    intentIds: accepted.map(({ intentId }) => intentId),
    feeYocto: BigInt(state.admitted?.feeYocto ?? "0"),
    block: { hash: latest.blockHash, height: Number(latest.blockHeight) },
    isDue: () => tools.follower.isCurrent && canStillResume(state, headOf(tools)),
  };
  await tools.conductor.resume(wanted, state.resumes.length > 0, (prepared) => send(tools, prepared, seen, append));
}

/** Resumes one intent by itself, which needs no place on the gate. */
export async function resumeStep(
  tools: ResumeNeeds,
  state: WorkflowState,
  { step, block }: { readonly step: number; readonly block: SeenIn },
  seen: Sightings,
  append: Append,
): Promise<void> {
  const resumed = state.steps[step];
  const intentId = resumed?.accepted?.intentId;
  if (resumed === undefined || intentId === undefined) return;
  const wanted = {
    requestId: state.requestId,
    mode: "single" as const,
    intentIds: [intentId],
    feeYocto: BigInt(state.admitted?.feeYocto ?? "0"),
    block,
    isDue: () => tools.follower.isCurrent && isInTime(resumed, headOf(tools)),
  };
  await tools.conductor.resume(wanted, false, (prepared) => send(tools, prepared, seen, append));
}

/**
 * Rejects a leftover intent, which frees the part of the relayer's balance that it locks (rule: leftovers-time-out). It is
 * never dispatched then. Where the gate asks another fee than was agreed, nothing is sent, and the intent times out
 * (rule: fee-is-the-agreed-tier).
 */
export async function rejectIntent(
  tools: RejectNeeds,
  state: WorkflowState,
  intentId: string,
  seen: Sightings,
  append: Append,
): Promise<void> {
  const { follower, gate, config, logger } = tools;
  const block = follower.heads?.final;
  if (block === undefined) return;
  const feeYocto = (await gate.feeTiers())[0]?.feeYocto;
  if (feeYocto !== config.gateFeeYocto || feeYocto > config.gateMaxFeeYocto) {
    const about = { request_id: state.requestId, asked: feeYocto, agreed: config.gateFeeYocto };
    seen.rejectTriedAt = headOf(tools);
    logger.warn(about, "an intent is left to time out: the gate asks another fee than was agreed");
    return;
  }
  const about = { requestId: state.requestId, mode: "reject" as const, intentIds: [intentId], block };
  const wanted = { ...about, feeYocto, isDue: () => true };
  await tools.conductor.resume(wanted, false, (prepared) => send(tools, prepared, seen, append));
}

/** The event that brings a resume from the gate's log into the workflow's: the process may have ended between the two. */
export function recoveredResume(prepared: ApproverTransaction): EventInit | undefined {
  const { transaction, mode, intentIds, feeYocto } = prepared;
  return transaction === undefined
    ? undefined
    : { case: "resumePrepared", value: { transaction, mode, intentIds, feeYocto } };
}

function headOf({ follower }: ResumeNeeds): number {
  return follower.heads?.optimistic.height ?? 0;
}

async function send(
  { node, follower }: ResumeNeeds,
  prepared: ApproverTransaction,
  seen: Sightings,
  append: Append,
): Promise<void> {
  const event = recoveredResume(prepared);
  if (event === undefined || prepared.transaction === undefined) return;
  await append(event);
  seen.noteSent(prepared.transaction.hash, follower.heads?.optimistic.height ?? 0);
  await node.send(prepared.transaction.signedTransaction);
}

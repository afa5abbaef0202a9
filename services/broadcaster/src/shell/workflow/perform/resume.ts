import type { ApproverTransaction } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { NearNode } from "../../../core/ports/near-node.ts";
import type { EventInit } from "../../../core/workflow/action.ts";
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

export interface SingleResumeNeeds extends ResumeNeeds {
  readonly gate: GateReader;
}
type Append = (event: EventInit) => Promise<void>;

/**
 * Starts the workflow's chain: the conductor signs and logs, the workflow's own log follows, then it is sent. The
 * transaction names the latest block in which an id was seen, so that it is valid on no fork without the ids
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
  const intentId = state.steps[step]?.accepted?.intentId;
  if (intentId === undefined) return;
  const feeYocto = BigInt(state.admitted?.feeYocto ?? "0");
  const wanted = { requestId: state.requestId, mode: "single" as const, intentIds: [intentId], feeYocto, block };
  await tools.conductor.resume(wanted, false, (prepared) => send(tools, prepared, seen, append));
}

/**
 * Rejects a leftover intent: it frees what it locks of the relayer's balance (rule: leftovers-time-out), and is not
 * dispatched any more.
 */
export async function rejectIntent(
  tools: SingleResumeNeeds,
  state: WorkflowState,
  intentId: string,
  seen: Sightings,
  append: Append,
): Promise<void> {
  const block = tools.follower.heads?.final;
  const fee = (await tools.gate.feeTiers())[0]?.feeYocto;
  if (block === undefined || fee === undefined) return;
  const wanted = { requestId: state.requestId, mode: "reject" as const, intentIds: [intentId], feeYocto: fee, block };
  await tools.conductor.resume(wanted, false, (prepared) => send(tools, prepared, seen, append));
}

/** Brings a resume into the workflow's log that only the gate's log has: the process ended between the two. */
export function recoveredResume(prepared: ApproverTransaction): EventInit | undefined {
  const { transaction, mode, intentIds, feeYocto } = prepared;
  return transaction === undefined
    ? undefined
    : { case: "resumePrepared", value: { transaction, mode, intentIds, feeYocto } };
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

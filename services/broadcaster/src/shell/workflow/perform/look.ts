import type { BroadcasterConfig } from "../../../config.ts";
import { readResume } from "../../../core/chain/resume-view.ts";
import { readSubmission } from "../../../core/chain/submission-view.ts";
import { isComplete, type TransactionStatus, tokensBurnt } from "../../../core/chain/transaction-status.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import type { Look } from "../../../core/workflow/action.ts";
import type { WorkflowState } from "../../../core/workflow/state.ts";
import type { Follower } from "../../chain/follower.ts";
import type { Sightings } from "../sightings.ts";

export interface LookNeeds {
  readonly node: NearNode;
  readonly follower: Follower;
  readonly config: BroadcasterConfig;
}

/** Asks the node about transactions, and learns the places of the blocks that its answers name. */
export async function look(
  { node, follower, config }: LookNeeds,
  state: WorkflowState,
  wanted: Look,
  seen: Sightings,
): Promise<void> {
  // The look counts from the answer: a node that takes longer than a block would otherwise be asked again for ever.
  const noteLook = (hash: string, status: TransactionStatus | undefined) => {
    seen.lookedAt.set(hash, follower.heads?.optimistic.height ?? 0);
    if (status !== undefined && isComplete(status)) seen.burnt.set(hash, tokensBurnt(status));
    else seen.burnt.delete(hash);
  };
  // Blocks in which ids were seen before: a fork may have replaced them since.
  const blocks = state.steps.flatMap(({ accepted }) => accepted?.blockHash ?? []);
  const lookAtSubmission = async (hash: string) => {
    const { step, signerId } = findSubmission(state, hash);
    const status = await node.transaction(hash, signerId);
    const view = status && readSubmission(status, config.gateId, state.calls[step]?.receiverId ?? "");
    seen.submissions.set(hash, view);
    noteLook(hash, status);
    for (const receipt of status?.receipts.values() ?? []) if (receipt.blockHash !== "") blocks.push(receipt.blockHash);
    if (status !== undefined) blocks.push(status.transaction.blockHash);
    return view;
  };
  const lookAtSubmissions = async () => {
    const { submissions, lastFirst = false } = wanted;
    const last = submissions.at(-1);
    if (!lastFirst || last === undefined) return Promise.all(submissions.map(lookAtSubmission));
    const before = submissions.slice(0, -1);
    const view = await lookAtSubmission(last);
    if (view !== undefined && view.submission.kind !== "pending") return Promise.all(before.map(lookAtSubmission));
    for (const hash of before) seen.lookedAt.set(hash, follower.heads?.optimistic.height ?? 0);
  };
  await Promise.all([
    lookAtSubmissions(),
    ...wanted.resumes.map(async (hash) => {
      const signerId = state.resumes.find((resume) => resume.hash === hash)?.prepared.transaction?.signerId ?? "";
      const status = await node.transaction(hash, signerId);
      const view = status && readResume(status);
      seen.resumes.set(hash, view);
      noteLook(hash, status);
      if (view !== undefined && view.result.kind !== "pending") blocks.push(view.result.blockHash);
    }),
  ]);
  await follower.learn(blocks);
}

function findSubmission(state: WorkflowState, hash: string): { step: number; signerId: string } {
  for (const [step, { accepted, submissions }] of state.steps.entries()) {
    if (accepted?.txHash === hash) return { step, signerId: accepted.signerId };
    const sent = submissions.find(({ transaction }) => transaction.hash === hash);
    if (sent !== undefined) return { step, signerId: sent.transaction.signerId };
  }
  throw new RangeError(`no step was submitted as ${hash}`);
}

import type { DriverConfig } from "../../../config.ts";
import { revocableOf } from "../../../core/chain/aftermath.ts";
import { readResume } from "../../../core/chain/resume-view.ts";
import { readSubmission } from "../../../core/chain/submission-view.ts";
import { isComplete, type TransactionStatus, tokensBurnt } from "../../../core/chain/transaction-status.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import type { Look } from "../../../core/workflow/action.ts";
import type { WorkflowState } from "../../../core/workflow/state.ts";
import { findTransaction } from "../../chain/find-transaction.ts";
import type { Follower } from "../../chain/follower.ts";
import type { Sightings } from "../sightings.ts";

export interface LookNeeds {
  readonly node: NearNode;
  readonly follower: Follower;
  readonly config: DriverConfig;
}

/** Asks the node about transactions, and learns the places of the blocks that its answers name. */
export async function look(tools: LookNeeds, state: WorkflowState, wanted: Look, seen: Sightings): Promise<void> {
  const { follower, config } = tools;
  // The look counts from the answer: a node that takes longer than a block would otherwise be asked again for ever.
  const noteLook = (hash: string, status: TransactionStatus | undefined) => {
    seen.lookedAt.set(hash, follower.heads?.optimistic.height ?? 0);
    if (status !== undefined && isComplete(status)) seen.burnt.set(hash, tokensBurnt(status));
    else seen.burnt.delete(hash);
  };
  const blocks: string[] = [];
  const lookAtSubmission = async (hash: string) => {
    const { step, signerId, since } = findSubmission(state, hash);
    const status = await findTransaction(tools, { hash, signerId, since }, seen);
    const call = state.calls[step];
    const revocable = call && revocableOf(call, state.account?.accountId ?? "", config.verifierId);
    const view = status && readSubmission(status, config.gateId, call?.receiverId ?? "", revocable);
    seen.submissions.set(hash, view);
    noteLook(hash, status);
    const ran = status === undefined ? [] : [status.transaction, ...status.receipts.values()];
    // A transaction that is only known to be included has no outcome, and so no block.
    for (const { blockHash } of ran) if (blockHash !== "") blocks.push(blockHash);
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
      const { transaction } = state.resumes.find((resume) => resume.hash === hash)?.prepared ?? {};
      const { signerId = "", blockHeight = 0n } = transaction ?? {};
      const status = await findTransaction(tools, { hash, signerId, since: Number(blockHeight) }, seen);
      const view = status && readResume(status);
      seen.resumes.set(hash, view);
      noteLook(hash, status);
      if (view !== undefined && view.result.kind !== "pending") blocks.push(view.result.blockHash);
    }),
  ]);
  // Blocks in which ids were seen before: a fork may have replaced them since.
  await follower.learnIfKept(state.steps.flatMap(({ accepted }) => accepted?.blockHash ?? []));
  await follower.learn(blocks);
}

function findSubmission(
  state: WorkflowState,
  hash: string,
): { readonly step: number; readonly signerId: string; readonly since: number } {
  for (const [step, { accepted, submissions }] of state.steps.entries()) {
    const sent = submissions.find(({ transaction }) => transaction.hash === hash);
    const since = Number(sent?.transaction.blockHeight ?? accepted?.blockHeight ?? 0n);
    if (accepted?.txHash === hash) return { step, signerId: accepted.signerId, since };
    if (sent !== undefined) return { step, signerId: sent.transaction.signerId, since };
  }
  throw new RangeError(`no step was submitted as ${hash}`);
}

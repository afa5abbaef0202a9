import type { DriverConfig } from "../../../config.ts";
import { strings } from "../../../core/chain/json.ts";
import { readResume } from "../../../core/chain/resume-view.ts";
import { isComplete, type TransactionStatus, tokensBurnt } from "../../../core/chain/transaction-status.ts";
import type { NearNode } from "../../../core/ports/near-node.ts";
import type { EventInit } from "../../../core/workflow/action.ts";
import { doubtfulResumes, isDone } from "../../../core/workflow/progress.ts";
import { sentTransactions, type WorkflowState } from "../../../core/workflow/state.ts";
import { tokensOf } from "../../../core/workflow/wallet-money.ts";
import { type FindNeeds, findTransaction } from "../../chain/find-transaction.ts";
import type { ForeignViews } from "../../checks/foreign-views.ts";
import type { Sightings } from "../sightings.ts";

export interface MeasureNeeds extends FindNeeds {
  readonly config: DriverConfig;
  readonly foreignViews: ForeignViews;
}

/**
 * Reads what the record shows at the end: balances after, the caller's views, and the costs.
 * @returns undefined while the node has not yet seen all that ran
 */
export async function measure(
  tools: MeasureNeeds,
  state: WorkflowState,
  seen: Sightings,
  signal: AbortSignal,
): Promise<EventInit | undefined> {
  const { node, config, foreignViews } = tools;
  const postViews = state.steps.every(({ resolved }) => resolved !== undefined) ? state.postViews : [];
  const heights = state.steps.flatMap(({ resolved }) => [resolved?.receipt?.blockHeight, resolved?.decidedBlockHeight]);
  const lastHeight = Math.max(0, ...heights.map((height) => Number(height ?? 0n)));
  const balancesAfter = await readBalances(node, config, state, lastHeight);
  const fees = await readFees(tools, state, seen);
  if (balancesAfter === undefined || fees === undefined) return undefined;
  // Foreign contracts are asked last, and each view once: nothing else is read again for their sake.
  const missing = [...postViews.entries()].filter(([index]) => !seen.viewResults.has(index));
  if (missing.length > 0) {
    for (const [index, result] of await foreignViews.run(state.walletId, missing, signal)) {
      const isOld = result.outcome === "answered" && result.blockHeight < lastHeight;
      if (!isOld) seen.viewResults.set(index, result);
    }
  }
  const postBatchViewResults = postViews.flatMap((_, index) => seen.viewResults.get(index) ?? []);
  if (postBatchViewResults.length < postViews.length) return undefined;
  return { case: "measured", value: { balancesAfter, postBatchViewResults, fees } };
}

/** @returns undefined where the node lags behind `leastHeight` */
async function readBalances(
  node: NearNode,
  { verifierId, wrappedNearId }: MeasureNeeds["config"],
  state: WorkflowState,
  leastHeight: number,
): Promise<Record<string, string> | undefined> {
  const tokens = tokensOf(state.calls, wrappedNearId);
  if (tokens.length === 0 || state.account === undefined) return {};
  const args = { account_id: state.account.accountId, token_ids: tokens };
  const { value, height } = await node.view(verifierId, "mt_batch_balance_of", args);
  if (height < leastHeight) return undefined;
  const amounts = strings(value);
  return Object.fromEntries(tokens.map((token, index) => [token, amounts[index] ?? "0"]));
}

/**
 * Gas of all our transactions and their receipts, and the fees of the resumes that ran. What no node remembers, or may have run
 * although it counts as dead, is named instead.
 * @returns undefined while a transaction has not been seen as far as it ran, or one may have run that not every node was asked for
 */
async function readFees(tools: MeasureNeeds, state: WorkflowState, seen: Sightings) {
  const { node, follower, config } = tools;
  const at = follower.heads?.final.height ?? 0;
  const dead = deadHashes(state);
  const doubtful = doubtfulResumes(state);
  const ran = hashesThatRan(state);
  const accepted = new Set(state.steps.flatMap((step) => step.accepted?.txHash ?? []));
  const forgotten = new Set(state.forgotten);
  const resumes = new Set(state.resumes.map(({ hash }) => hash));
  const started = new Set(state.resumes.flatMap(({ hash, fate }) => (fate.kind === "started" ? [hash] : [])));
  const costs = await Promise.all(
    sentTransactions(state).map(async ({ hash, signerId, blockHeight }) => {
      const known = seen.burnt.get(hash);
      if (known !== undefined && !doubtful.has(hash)) return known;
      const wanted = { hash, signerId, since: Number(blockHeight) };
      let status = await findTransaction(tools, wanted, seen);
      if (seen.forgotten.has(hash)) forgotten.add(hash);
      if (status === undefined) {
        if (forgotten.has(hash)) return 0n;
        // It has run, whether or not it counted as dead before that was seen.
        if (ran.has(hash) || accepted.has(hash)) return undefined;
        // The endpoint that was asked may have left it out, also when it counted as dead: what it burnt is 0 only if no endpoint
        // knows it. One endpoint's word alone does not make a record that is sure of it, and what is not dead may still land.
        const recalled = await node.recall({ ...wanted, at });
        if (recalled.kind === "unknown") {
          if (doubtful.has(hash) || !dead.has(hash) || !recalled.isCorroborated) forgotten.add(hash);
          return 0n;
        }
        if (recalled.kind === "forgotten" && dead.has(hash) && !doubtful.has(hash)) return 0n;
        if (recalled.kind !== "known") return undefined;
        status = recalled.status;
      }
      if (resumes.has(hash) && readResume(status).result.kind === "started") started.add(hash);
      // Only an intent that the gate has taken in may wait for long without being dispatched.
      const isSeen = isComplete(status) || (!ran.has(hash) && hasSubmitted(status, config.gateId));
      return isSeen ? tokensBurnt(status) : undefined;
    }),
  );
  if (!costs.every((cost) => cost !== undefined)) return undefined;
  const burnt = costs.reduce((sum, cost) => sum + cost, 0n);
  const kept = state.resumes.filter(({ hash }) => started.has(hash));
  const fee = kept.reduce((sum, { prepared }) => sum + BigInt(prepared.feeYocto), 0n);
  return { gateFeeYocto: fee.toString(), gasBurntYocto: burnt.toString(), forgottenTxHashes: [...forgotten] };
}

/** Whether the status holds a receipt that ran on the gate. */
function hasSubmitted(status: TransactionStatus, gateId: string): boolean {
  return [...status.receipts.values()].some(({ executorId }) => executorId === gateId);
}

/** Transactions of which the log says that they can never land. */
function deadHashes({ steps, resumes, cancels }: WorkflowState): ReadonlySet<string> {
  const submissions = steps.flatMap((step) => step.submissions.filter(({ dead }) => dead));
  const prepared = [...submissions, ...cancels.filter(({ fate }) => fate.kind === "dead")];
  const resumed = resumes.filter(({ fate }) => fate.kind === "dead");
  return new Set([...prepared.map(({ transaction }) => transaction.hash), ...resumed.map(({ hash }) => hash)]);
}

/** Transactions of which the log says that they have run; not the submission of an intent that still waits on the gate. */
function hashesThatRan({ steps, resumes, cancels }: WorkflowState): ReadonlySet<string> {
  const dispatched = steps.filter(isDone).flatMap((step) => step.accepted?.txHash ?? []);
  const ran = [...resumes, ...cancels.map(({ transaction, fate }) => ({ hash: transaction.hash, fate }))];
  const others = ran.filter(({ fate }) => ["started", "landed", "refused"].includes(fate.kind));
  return new Set([...dispatched, ...others.map(({ hash }) => hash)]);
}

import { isDeepStrictEqual } from "node:util";
import type { PostView } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { NearNode } from "../../adapters/near/near-node.ts";
import { ViewFailed } from "../../adapters/near/rpc-error.ts";
import { strings } from "../../core/chain/json.ts";
import { tokensBurnt } from "../../core/chain/transaction-status.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import { sentTransactions, type WorkflowState } from "../../core/workflow/state.ts";
import { tokensOf } from "../../core/workflow/wallet-money.ts";
import type { Tools } from "../tools.ts";

type Needed = Pick<Tools, "node" | "config">;

/** Reads what the record shows at the end: balances after, the caller's views, and what it has cost. */
export async function measure({ node, config }: Needed, state: WorkflowState): Promise<EventInit> {
  const postViews = state.steps.every(({ resolved }) => resolved !== undefined) ? state.postViews : [];
  const value = {
    balancesAfter: await readBalances(node, config.verifierId, state),
    postBatchViewResults: await Promise.all(postViews.map((view) => runView(node, view))),
    fees: await readFees(node, state),
  };
  return { case: "measured", value };
}

async function readBalances(node: NearNode, verifierId: string, state: WorkflowState): Promise<Record<string, string>> {
  const tokens = tokensOf(state.calls);
  if (tokens.length === 0 || state.account === undefined) return {};
  const args = { account_id: state.account.accountId, token_ids: tokens };
  const amounts = strings((await node.view(verifierId, "mt_batch_balance_of", args)).value);
  return Object.fromEntries(tokens.map((token, index) => [token, amounts[index] ?? "0"]));
}

async function runView(node: NearNode, { contractId, methodName, argsJson, expectJson }: PostView) {
  const asked = { contractId, methodName };
  try {
    const { value, height } = await node.view(contractId, methodName, argsJson);
    const answer = { ...asked, resultJson: JSON.stringify(value), blockHeight: BigInt(height) };
    if (expectJson === undefined) return answer;
    return { ...answer, matches: isDeepStrictEqual(value, JSON.parse(expectJson)) };
  } catch (error) {
    if (!(error instanceof ViewFailed)) throw error;
    return { ...asked, error: error.text, ...(expectJson === undefined ? {} : { matches: false }) };
  }
}

/** Gas of all our transactions and their receipts, and the fees that resumes which ran have left with the gate. */
async function readFees(node: NearNode, state: WorkflowState) {
  const statuses = await Promise.all(
    sentTransactions(state).map(({ hash, signerId }) => node.transaction(hash, signerId)),
  );
  const burnt = statuses.reduce((sum, status) => (status === undefined ? sum : sum + tokensBurnt(status)), 0n);
  const kept = state.resumes.filter(({ fate }) => fate.kind === "started");
  const fee = kept.reduce((sum, { prepared }) => sum + BigInt(prepared.feeYocto), 0n);
  return { gateFeeYocto: fee.toString(), gasBurntYocto: burnt.toString() };
}

import { type ChainFacts, type ChainTransaction, resultOf } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { LoggedUserCall, UserCallFacts, WorkflowFacts } from "../workflow.ts";

/** A call of a user's own key lands once at most, none that was proven dead lands, and its record says what is on the chain. */
export function checkUserCall({ transactions }: ChainFacts, workflow: WorkflowFacts): Violation[] {
  const { requestId, userCall, isEnded } = workflow;
  if (userCall === undefined) return [];
  const landed = userCall.signed.flatMap((logged) => {
    const transaction = transactions.get(logged.hash);
    return transaction === undefined ? [] : [{ logged, transaction }];
  });
  const twice =
    landed.length > 1 ? [`its call landed as ${landed.map(({ logged }) => logged.hash).join(" and ")}`] : [];
  const untrue = [
    ...landed.flatMap(({ logged, transaction }) => checkTransaction(userCall, logged, transaction)),
    ...(isEnded ? checkRecord(workflow, landed[0]?.transaction) : []),
  ];
  return [
    ...twice.map((sentence) => ({ kind: "twice", requestId, sentence })),
    ...untrue.map((sentence) => ({ kind: "untrue", requestId, sentence })),
  ];
}

function checkTransaction(
  { userId, receiverId, method }: UserCallFacts,
  { hash, publicKey, isDead }: LoggedUserCall,
  transaction: ChainTransaction,
): string[] {
  const { signerId } = transaction;
  const did = `${signerId} with ${transaction.publicKey} calls ${transaction.receiverId}.${transaction.method}`;
  const asked = `${userId} with ${publicKey} calls ${receiverId}.${method}`;
  return [
    ...(isDead ? [`${hash} is said to be dead, and landed`] : []),
    ...(did === asked ? [] : [`in ${hash} ${did}, and not ${asked}`]),
  ];
}

function checkRecord({ record }: WorkflowFacts, transaction: ChainTransaction | undefined): string[] {
  const { status, error_code, user_visible_error, direct_user_evidence: said } = record;
  if (record.fees.forgotten_tx_hashes.length > 0) return checkForgotten(record);
  const receipt = transaction?.receipts[0];
  const result = transaction === undefined ? undefined : resultOf(receipt, transaction);
  const succeeded = result?.kind === "value";
  const wrong: string[] = [];
  if ((status === "succeeded") !== succeeded) {
    wrong.push(`it is ${status}, and its call ${succeeded ? "succeeded" : "did not succeed"}`);
  }
  if ((error_code === "dispatch_failed") !== (transaction !== undefined && !succeeded)) {
    wrong.push(`its error is ${error_code}, and its call ${transaction === undefined ? "did not land" : "landed"}`);
  }
  if (result?.kind === "failure") {
    const text = JSON.stringify((user_visible_error ?? "").replace(/^the call failed on chain: /, "")).slice(1, -1);
    if (text === "" || !result.text.includes(text)) wrong.push(`its call failed with ${result.text}, not ${text}`);
  }
  const where = [transaction?.hash ?? null, receipt?.id ?? null, receipt?.height ?? null].join();
  const saidWhere = [said.tx_hash ?? null, said.receipt_id ?? null, said.block_height ?? null].join();
  if (where !== saidWhere) wrong.push(`its call, receipt and height are ${where}, not ${saidWhere}`);
  if (transaction !== undefined && said.public_key !== transaction.publicKey) {
    wrong.push(`its call was signed with ${transaction.publicKey}, not with ${said.public_key}`);
  }
  const { count_before, count_after, ambiguous } = said;
  const isSo = count_after === null || count_after !== Number(count_before) + (succeeded ? 1 : 0);
  if (receipt !== undefined && ambiguous !== isSo) {
    wrong.push(`the count went from ${count_before} to ${count_after}, and ambiguous is ${ambiguous}`);
  }
  return wrong;
}

/** Of a call that no node remembers a record claims nothing but what was sent. */
function checkForgotten({ status, error_code, fees, direct_user_evidence: said }: WorkflowFacts["record"]): string[] {
  const claims = [status, error_code, said.receipt_id, said.block_height, said.count_after, said.ambiguous].join();
  const [hash] = fees.forgotten_tx_hashes;
  return [
    ...(claims === "failed,outcome_unknown,,,,true" ? [] : [`its call is forgotten, and it says ${claims}`]),
    ...(hash === said.tx_hash ? [] : [`${hash} is forgotten, and its call is ${said.tx_hash}`]),
  ];
}

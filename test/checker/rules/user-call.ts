import { type ChainFacts, resultOf } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { LoggedUserCall, WorkflowFacts } from "../workflow.ts";

/** A call of a user's own key lands once at most, none that was proven dead lands, and its record says what is on the chain. */
export function checkUserCall(chain: ChainFacts, workflow: WorkflowFacts): Violation[] {
  const { requestId, userCalls, isEnded } = workflow;
  if (userCalls === undefined) return [];
  const landed = userCalls.filter(({ hash }) => chain.transactions.has(hash));
  const of = (kind: string, sentences: readonly string[]) =>
    sentences.map((sentence) => ({ kind, requestId, sentence }));
  return [
    ...of("twice", landed.length > 1 ? [`its call landed as ${landed.map(({ hash }) => hash).join(" and ")}`] : []),
    ...of(
      "untrue",
      landed.filter(({ isDead }) => isDead).map(({ hash }) => `${hash} is said to be dead, and landed`),
    ),
    ...of("untrue", isEnded ? checkRecord(chain, workflow, landed[0]) : []),
  ];
}

function checkRecord(chain: ChainFacts, { record }: WorkflowFacts, landed: LoggedUserCall | undefined): string[] {
  const { tx_hash, receipt_id, block_height, count_before, count_after, ambiguous } = record.direct_user_evidence;
  const transaction = landed === undefined ? undefined : chain.transactions.get(landed.hash);
  const receipt = transaction?.receipts[0];
  const succeeded = transaction !== undefined && resultOf(receipt, transaction).kind === "value";
  const wrong: string[] = [];
  if ((record.status === "succeeded") !== succeeded) {
    wrong.push(`it is ${record.status}, and its call ${succeeded ? "succeeded" : "did not succeed"}`);
  }
  const expected = [transaction?.hash ?? null, receipt?.id ?? null, receipt?.height ?? null].join();
  const said = [tx_hash ?? null, receipt_id ?? null, block_height ?? null].join();
  if (expected !== said) wrong.push(`its call, receipt and height are ${expected}, not ${said}`);
  const counted = Number(count_after) - Number(count_before);
  if (receipt !== undefined && ambiguous === false && counted !== (succeeded ? 1 : 0)) {
    wrong.push(`the count went from ${count_before} to ${count_after}, and that is not called ambiguous`);
  }
  return wrong;
}

import { argsOf, type ChainFacts, type ChainTransaction, traceOf } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { LoggedTransaction, WorkflowFacts } from "../workflow.ts";

/**
 * Every transaction of ours that is on the chain stood in a workflow's log before the block that took it in. Those that
 * only use up a nonce name no delegate and no intent: they are in no such log, and must have done nothing. And once a
 * submission was written down, nothing is signed anew: what it carries is public (rule: public-payload-is-never-signed-anew).
 */
export function checkWriteAhead(
  { transactions }: ChainFacts,
  workflows: readonly WorkflowFacts[],
  { gateIds, operatorKeys }: { readonly gateIds: readonly string[]; readonly operatorKeys: readonly string[] },
): Violation[] {
  const logged = new Map<string, LoggedTransaction & { readonly requestId: string }>();
  const violations: Violation[] = [];
  /** What users' keys are for: nobody else makes such calls, so one is ours whether or not a log names its key. */
  const asked = new Set<string>();
  for (const { requestId, submissions, resumes, cancels, userCall, wasSignedAnew } of workflows) {
    if (userCall !== undefined) asked.add(callOf(userCall.userId, userCall.receiverId, userCall.method));
    if (wasSignedAnew) {
      const sentence = "it was signed anew after a submission of what had been signed before";
      violations.push({ kind: "signed_anew", requestId, sentence });
    }
    for (const one of [...submissions, ...resumes, ...cancels, ...(userCall?.signed ?? [])]) {
      const other = logged.get(one.hash);
      if (other !== undefined) {
        const sentence = `${one.hash} is in its log again, or in ${other.requestId}'s`;
        violations.push({ kind: "write_ahead", requestId, sentence });
      }
      logged.set(one.hash, { ...one, requestId });
    }
  }
  for (const transaction of transactions.values()) {
    const { hash, signerId, publicKey, receiverId, method, timeMs } = transaction;
    if (!operatorKeys.includes(publicKey) && !asked.has(callOf(signerId, receiverId, method))) continue;
    const entry = logged.get(hash);
    if (entry === undefined) {
      if (gateIds.includes(receiverId) && isNothing(transaction)) continue;
      violations.push({ kind: "write_ahead", sentence: `${method} ${hash} of ${publicKey} is in no log` });
    } else if (entry.atMs > timeMs) {
      const late = `${entry.atMs - timeMs} ms after the block that took it in`;
      const { requestId } = entry;
      violations.push({ kind: "write_ahead", requestId, sentence: `${method} ${hash} was logged ${late}` });
    }
  }
  return violations;
}

function callOf(signerId: string, receiverId: string, method: string | undefined): string {
  return `${signerId} ${receiverId} ${method}`;
}

/** It asks for nothing, and has done nothing. */
function isNothing(transaction: ChainTransaction): boolean {
  const { signed_delegate, intent_ids, intent_id } = argsOf(transaction);
  const asks = signed_delegate ?? intent_ids?.[0] ?? intent_id;
  const did = transaction.receipts.some(
    (receipt) =>
      receipt.executorId === transaction.receiverId && receipt.status.kind !== "failure" && traceOf(receipt).length > 0,
  );
  return asks === undefined && !did;
}

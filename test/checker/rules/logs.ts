import type { Posted } from "../check.ts";
import type { Violation } from "../violation.ts";
import type { WorkflowFacts } from "../workflow.ts";

/** Nothing that was accepted is lost, one record a key, every log whole, and every workflow has ended. */
export function checkLogs(workflows: readonly WorkflowFacts[], posted: readonly Posted[]): Violation[] {
  const violations: Violation[] = [];
  const byKey = new Map<string, string>();
  for (const { requestId, record, breaks, isEnded } of workflows) {
    for (const sentence of breaks) violations.push({ kind: "log_broken", requestId, sentence });
    if (!isEnded) violations.push({ kind: "unended", requestId, sentence: `it is ${record.status} at the end` });
    const key = `${record.wallet_id} ${record.idempotency_key}`;
    const other = byKey.get(key);
    if (other !== undefined) {
      violations.push({ kind: "key_used_twice", requestId, sentence: `${other} has the key ${key} as well` });
    }
    byKey.set(key, requestId);
  }
  for (const { walletId, key, requestId } of posted) {
    const found = byKey.get(`${walletId} ${key}`);
    if (found === requestId) continue;
    const kind = found === undefined ? "lost" : "key_used_twice";
    const sentence = found === undefined ? "it was accepted, and there is no record" : `its key opened ${found}`;
    violations.push({ kind, requestId, sentence });
  }
  return violations;
}

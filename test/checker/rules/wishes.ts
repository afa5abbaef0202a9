import type { Posted } from "../check.ts";
import type { Violation } from "../violation.ts";
import type { WorkflowFacts } from "../workflow.ts";

/** A wish to cancel that was answered is in the log, if that had not ended before; nothing is begun after it, nor cancelled without it. */
export function checkWishes(workflows: readonly WorkflowFacts[], posted: readonly Posted[]): Violation[] {
  const answers = new Map(posted.map(({ requestId, cancelledAtMs }) => [requestId, cancelledAtMs]));
  return workflows.flatMap(({ requestId, record, endedAtMs, wasWished, begunAfterWish }) => {
    const answeredAtMs = answers.get(requestId);
    const isLost = answeredAtMs !== undefined && !wasWished && (endedAtMs === undefined || endedAtMs > answeredAtMs);
    const saysSo = [record.status, record.error_code].includes("cancelled");
    const wrong = [
      ...begunAfterWish.map((kind) => `its log has ${kind} after the wish to cancel it`),
      ...(isLost ? ["the wish to cancel it was answered, and is not in its log"] : []),
      ...(saysSo && !wasWished ? ["it says that it was cancelled, and nobody wished that"] : []),
    ];
    return wrong.map((sentence) => ({ kind: "wish", requestId, sentence }));
  });
}

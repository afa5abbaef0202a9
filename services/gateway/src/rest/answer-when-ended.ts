import type { Record as WorkflowRecord } from "@outlayer/contracts/outlayer/workflow/v1/record";
import type { Logger } from "@outlayer/kit";
import { isTerminal } from "@outlayer/workflow";
import { type Answer, answerOfPost } from "../core/answer.ts";
import type { RestRequest } from "../core/endpoint.ts";
import type { Records } from "../core/ports.ts";
import { waitOfPrefer } from "../core/wait.ts";

export interface EndingDeps {
  readonly records: Records;
  readonly logger: Logger;
  /** Seconds to wait, where the caller sends no `Prefer: wait`. */
  readonly executeWaitSecs: number;
  /** Aborted when the gateway stops: waiting requests are answered with the record as it is. */
  readonly stopping: AbortSignal;
}

/**
 * Answers once a record has ended, or after the wait with the record as it is then.
 * @param answerOf makes the answer; that of a POST where it is absent
 */
export async function answerWhenEnded(
  deps: EndingDeps,
  opened: WorkflowRecord,
  request: RestRequest,
  answerOf: typeof answerOfPost = answerOfPost,
): Promise<Answer> {
  const preferred = waitOfPrefer(request.prefer);
  const record = await ended(deps, opened, preferred ?? deps.executeWaitSecs, request);
  return answerOf(record, request.path, preferred);
}

async function ended(
  { records, logger, stopping }: EndingDeps,
  opened: WorkflowRecord,
  waitSecs: number,
  { credentials, signal }: RestRequest,
): Promise<WorkflowRecord> {
  if (isTerminal(opened.status) || waitSecs === 0) return opened;
  const call = { credentials, signal: AbortSignal.any([signal, stopping]) };
  try {
    return (await records.hold(opened.requestId, "ended", waitSecs * 1000, call)) ?? opened;
  } catch (error) {
    // The workflow is recorded and runs: its caller gets the record from before the wait, not an error.
    if (!call.signal.aborted) logger.warn({ err: error, request_id: opened.requestId }, "could not wait for a record");
    return opened;
  }
}

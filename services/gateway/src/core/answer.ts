import type { JsonObject } from "@bufbuild/protobuf";
import type { Record as WorkflowRecord } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { httpCodeOfStatus, isTerminal, recordJson } from "@outlayer/workflow";
import { isProblemStatus, problemMembers } from "./problem.ts";

/** An answer before it is sent. */
export type Answer =
  | { readonly kind: "json"; readonly status: number; readonly headers: AnswerHeaders; readonly body: JsonObject }
  /** 200: a record as JSON text. */
  | { readonly kind: "record"; readonly requestId: string; readonly headers: AnswerHeaders; readonly text: string }
  | { readonly kind: "document"; readonly headers: AnswerHeaders; readonly text: string }
  /** 304: the caller has the record as it is. */
  | { readonly kind: "unchanged"; readonly requestId: string; readonly headers: AnswerHeaders }
  /** 204: a client of event streams should not come back. */
  | { readonly kind: "empty"; readonly requestId: string }
  /** Server-sent events, frame by frame. */
  | { readonly kind: "events"; readonly requestId: string; readonly frames: AsyncIterable<string> };

export type AnswerHeaders = Readonly<Record<string, string>>;

export function jsonAnswer(status: number, body: JsonObject, headers: AnswerHeaders = {}): Answer {
  return { kind: "json", status, headers, body };
}

/** Seconds until a record is worth reading again, where the record does not say. */
const defaultRetryAfterSecs = 1;

/**
 * The answer of a POST with its record. The record's status determines the code (`httpCodeOfStatus`).
 * @param instance path of the request
 * @param appliedWaitSecs the applied `Prefer: wait`; undefined without one
 */
export function answerOfPost(
  record: WorkflowRecord,
  instance: string,
  appliedWaitSecs: number | undefined = undefined,
): Answer {
  const status = httpCodeOf(record.status);
  if (!isProblemStatus(status)) return recordAnswer(status, record, appliedWaitSecs);
  const preference = preferenceApplied(appliedWaitSecs);
  const body = recordJson(record);
  return jsonAnswer(status, { ...body, ...problemMembers(status, sentenceOf(record), instance) }, preference);
}

/** The answer of a DELETE, which is no error whatever the record's status: 200 once the record has ended, 202 before. */
export function answerOfDelete(
  record: WorkflowRecord,
  _instance: string,
  appliedWaitSecs: number | undefined = undefined,
): Answer {
  return recordAnswer(isTerminal(record.status) ? 200 : 202, record, appliedWaitSecs);
}

/** A record that is no error; one in progress names the URL to follow it. */
function recordAnswer(status: number, record: WorkflowRecord, appliedWaitSecs: number | undefined): Answer {
  const preference = preferenceApplied(appliedWaitSecs);
  const following = { location: record.statusUrl, "retry-after": String(retryAfterSecs(record)) };
  return jsonAnswer(status, recordJson(record), { ...preference, ...(status === 202 ? following : {}) });
}

function preferenceApplied(waitSecs: number | undefined): AnswerHeaders {
  return waitSecs === undefined ? {} : { "preference-applied": `wait=${waitSecs}` };
}

/** 202 for a status that this version does not know, so that the caller follows the record. */
function httpCodeOf(status: string): number {
  const codes: Readonly<Record<string, number>> = httpCodeOfStatus;
  return Object.hasOwn(codes, status) ? (codes[status] ?? 202) : 202;
}

function retryAfterSecs({ retryAfterMs }: WorkflowRecord): number {
  return retryAfterMs === undefined ? defaultRetryAfterSecs : Math.ceil(retryAfterMs / 1000);
}

/** Some callers keep only this sentence, so it names the request. */
function sentenceOf({ requestId, status, errorCode, userVisibleError }: WorkflowRecord): string {
  const sentence =
    userVisibleError ?? `the request ended as ${status}${errorCode === undefined ? "" : `: ${errorCode}`}`;
  return sentence.includes(requestId) ? sentence : `${sentence} (request ${requestId})`;
}

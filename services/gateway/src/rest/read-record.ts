import type { Answer } from "../core/answer.ts";
import type { RestRequest } from "../core/endpoint.ts";
import { etagOf, isKnown } from "../core/etag.ts";
import type { Call, Records } from "../core/ports.ts";
import type { RecordTexts } from "../core/record-texts.ts";
import { isRequestId, notFound, type RequestKind } from "../core/request-id.ts";
import { waitOfQuery } from "../core/wait.ts";

export interface ReadingDeps {
  readonly records: Records;
  readonly texts: RecordTexts;
  /** Aborted when the gateway stops: waiting requests are answered with the record as it is. */
  readonly stopping: AbortSignal;
}

/** Answers a GET with a record; `?wait` delays the answer until the record has changed or ended. 304 where the caller has it. */
export async function readRecord(deps: ReadingDeps, called: RequestKind, request: RestRequest): Promise<Answer> {
  const { id, credentials, signal, query, ifNoneMatch } = request;
  const waitSecs = waitOfQuery(query.getAll("wait"));
  if (!isRequestId(id)) throw notFound(called, id);
  const call = { credentials, signal };
  const record = waitSecs === 0 ? await deps.records.get(id, call) : await changed(deps, id, waitSecs, call);
  if (record === undefined) throw notFound(called, id);
  const etag = etagOf(record.version);
  if (isKnown(etag, ifNoneMatch)) return { kind: "unchanged", requestId: record.requestId, headers: { etag } };
  return { kind: "record", requestId: record.requestId, headers: { etag }, text: deps.texts.textOf(record) };
}

async function changed({ records, stopping }: ReadingDeps, id: string, waitSecs: number, call: Call) {
  const waiting = { ...call, signal: AbortSignal.any([call.signal, stopping]) };
  try {
    return await records.hold(id, "changed", waitSecs * 1000, waiting);
  } catch (error) {
    if (stopping.aborted) return records.get(id, call);
    throw error;
  }
}

import type { WalletCaller } from "@outlayer/access";
import type { WatchProgressRequest } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { deadline, unavailable } from "@outlayer/kit";
import { filedId, isTerminal, isUuid } from "@outlayer/workflow";
import { Changes } from "./changes.ts";
import type { GetRecordDeps } from "./get-record.ts";
import { readOwnRecord } from "./ownership.ts";

/** Longest life of a stream, milliseconds. */
const maxAgeMs = 30 * 60_000;

/**
 * Every event after a version, in order, each once: read from the log; the bus only says when to read.
 * @throws Refusal Unavailable, STREAM_TOO_OLD, after half an hour: the reader resumes from the last version that it has seen
 */
export async function* watchProgress(
  { log, bus, timers }: GetRecordDeps,
  request: WatchProgressRequest,
  caller: WalletCaller,
  signal: AbortSignal,
): AsyncGenerator<ProgressEvent> {
  const wanted = { requestId: request.requestId, endpoint: "" };
  const requestId = filedId(request.requestId);
  // Only a UUID can be a record's id, or become part of a subject: any other text is not found.
  if (!isUuid(requestId)) await readOwnRecord(log, caller, wanted);
  // Before the first read, so that no change comes between them.
  const changes = new Changes(bus, timers, requestId);
  const age = deadline(timers, maxAgeMs, signal);
  try {
    let record: Record | undefined = await readOwnRecord(log, caller, wanted);
    let told: number | undefined = Number(record.version);
    let seen = Number(request.afterVersion);
    while (!age.signal.aborted) {
      for (const progress of await log.progress(requestId, seen, told)) {
        yield progress;
        seen = Number(progress.version);
      }
      record = await log.record(requestId, seen);
      // A reader that has seen the end is not left waiting.
      if (record === undefined || (isTerminal(record.status) && seen >= Number(record.version))) return;
      told = await changes.next(Math.min(seen, Number(record.version)), age.signal);
    }
    if (!signal.aborted) {
      throw unavailable(`the stream is too old: go on after version ${seen}`, { reason: "STREAM_TOO_OLD" });
    }
  } finally {
    age.done();
    changes.end();
  }
}

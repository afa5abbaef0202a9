import { deadline, type Logger, type Timers } from "@outlayer/kit";
import { isTerminal } from "@outlayer/workflow";
import type { Endpoint } from "../core/endpoint.ts";
import { eventFrame, maxAgeMs, retryFrame, versionSeen } from "../core/event-stream.ts";
import type { Call, Records } from "../core/ports.ts";
import { isRequestId, notFound } from "../core/request-id.ts";

export interface EventsDeps {
  readonly records: Records;
  readonly logger: Logger;
  readonly timers: Timers;
  /** Aborted when the gateway stops: streams end, and their readers reconnect to another replica. */
  readonly stopping: AbortSignal;
}

/** Streams the events of a workflow, of either endpoint, to its end. */
export function workflowEvents(deps: EventsDeps): Endpoint {
  return {
    method: "GET",
    path: "/wallet/v1/workflows/:request_id/events",
    access: "wallet",
    endless: true,
    async handle({ id, lastEventId, query, credentials, signal }) {
      const seen = versionSeen(lastEventId, query.getAll("after"));
      if (!isRequestId(id)) throw notFound("workflow", id);
      const record = await deps.records.get(id, { credentials, signal });
      if (record === undefined) throw notFound("workflow", id);
      const version = Number(record.version);
      // A client of event streams reconnects after every end, until it gets a 204.
      if (isTerminal(record.status) && seen >= version) return { kind: "empty", requestId: id };
      const call = { credentials, signal: AbortSignal.any([signal, deps.stopping]) };
      // A version beyond the record's counts as the record's.
      return { kind: "events", requestId: id, frames: frames(deps, id, Math.min(seen, version), call) };
    },
  };
}

async function* frames(deps: EventsDeps, id: string, after: number, call: Call): AsyncGenerator<string> {
  const { records, logger, timers } = deps;
  const age = deadline(timers, maxAgeMs, call.signal);
  try {
    yield retryFrame;
    for await (const event of records.watch(id, after, { ...call, signal: age.signal })) {
      yield eventFrame(event);
      if (event.terminal) return;
    }
  } catch (error) {
    // A stream that has begun can only end: the reader reconnects with the last id that it got.
    logger.warn({ err: error, request_id: id }, "progress broke off");
  } finally {
    age.done();
  }
}

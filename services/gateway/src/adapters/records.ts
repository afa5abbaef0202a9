import { type CallOptions, createClient, type Transport } from "@connectrpc/connect";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import type { Record as WorkflowRecord } from "@outlayer/contracts/outlayer/workflow/v1/record";
import type { Call, Records } from "../core/ports.ts";
import { Problem } from "../core/problem.ts";
import { callOptions, callUpstream } from "./upstream-call.ts";
import { problemOfUpstream } from "./upstream-problem.ts";

const lost = "records cannot be read now: try again";

export function recordsClient(transport: Transport): Records {
  const client = createClient(RecordService, transport);

  async function read(call: Call, waitMs: number, run: (options: CallOptions) => Promise<WorkflowRecord>) {
    try {
      return await callUpstream({ ...call, waitMs, lost }, run);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return undefined;
      throw error;
    }
  }

  async function* watch(requestId: string, afterVersion: number, call: Call): AsyncGenerator<ProgressEvent> {
    // A Connect stream cannot be returned early: aborting the call ends it.
    const reading = new AbortController();
    const signal = AbortSignal.any([call.signal, reading.signal]);
    const request = { requestId, afterVersion: BigInt(afterVersion) };
    try {
      yield* client.watchProgress(request, callOptions(call.credentials, signal));
    } catch (error) {
      if (!call.signal.aborted) throw problemOfUpstream(error, lost);
    } finally {
      reading.abort();
    }
  }

  return {
    get: (requestId, call) => read(call, 0, (options) => client.getRecord({ requestId }, options)),
    hold(requestId, until, ms, call) {
      const request = { requestId, waitMs: ms, untilTerminal: until === "ended" };
      return read(call, ms, (options) => client.getRecord(request, options));
    },
    watch,
  };
}

import { createHash } from "node:crypto";
import { toBinary } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { type Bus, type Ports, progressSubject, type Service, workSubject } from "@outlayer/kit";
import { openMongodbStore } from "./adapters/mongodb/store.ts";
import { openSqliteStore } from "./adapters/sqlite/store.ts";
import { callers } from "./callers.ts";
import type { DatabaseUrl, EvidenceConfig } from "./config.ts";
import { type Tell, WorkflowLog } from "./core/log.ts";
import type { EvidenceStore } from "./core/store.ts";
import { appendEvent } from "./rpc/append-event.ts";
import { appendGateLog, getGateLog } from "./rpc/gate-log.ts";
import { getHistory } from "./rpc/get-history.ts";
import { getRecord } from "./rpc/get-record.ts";
import { listOpenWorkflows } from "./rpc/list-open-workflows.ts";
import { openWorkflow } from "./rpc/open-workflow.ts";
import { readEvents } from "./rpc/read-events.ts";
import { readUsage, releaseUsage, reserveUsage } from "./rpc/usage-ledger.ts";
import { watchProgress } from "./rpc/watch-progress.ts";

export interface EvidenceDeps {
  readonly ports: Ports;
  readonly bus: Bus;
}

/** Owns every record and its history. */
export function createEvidence(config: EvidenceConfig, { ports, bus }: EvidenceDeps): Service {
  const store = openStore(config.database, ports);
  const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
  const now = () => ports.clock.now();
  const log = new WorkflowLog({ store, now, sha256Hex, tell: tellOn(bus) });
  const reading = { log, credentials: config.credentials, bus, timers: ports.timers };
  const gateLog = { store, now, sha256Hex };
  const usageLedger = { store, now };
  const stopping = new AbortController();
  // A call that waits ends when the service stops, so that stopping does not wait for it.
  const until = (signal: AbortSignal) => AbortSignal.any([signal, stopping.signal]);

  const records: ServiceImpl<typeof RecordService> = {
    getRecord: (request, { requestHeader, signal }) => getRecord(reading, request, requestHeader, until(signal)),
    watchProgress: (request, { requestHeader, signal }) =>
      watchProgress(reading, request, requestHeader, until(signal)),
    getHistory: (request, { requestHeader }) => getHistory(reading, request, requestHeader),
  };
  const logs: ServiceImpl<typeof LogService> = {
    openWorkflow: (request) => openWorkflow(log, request),
    appendEvent: (request) => appendEvent(log, request),
    readEvents: (request) => readEvents(log, request),
    listOpenWorkflows: (request) => listOpenWorkflows(store, request),
    async reserveNonces({ senderId, count }) {
      return { nonces: [...(await store.reserveNonces(senderId, count, BigInt(now())))] };
    },
    getGateLog: (request) => getGateLog(gateLog, request),
    appendGateLog: (request) => appendGateLog(gateLog, request),
    readUsage: (request) => readUsage(usageLedger, request),
    reserveUsage: (request) => reserveUsage(usageLedger, request),
    releaseUsage: (request) => releaseUsage(usageLedger, request),
  };
  return {
    routes: {
      name: "evidence",
      services: [RecordService, LogService],
      callers,
      register(router) {
        router.service(RecordService, records);
        router.service(LogService, logs);
      },
    },
    start: () => store.start(),
    async stop() {
      stopping.abort();
    },
    close: () => store.close(),
  };
}

function openStore(database: DatabaseUrl, ports: Ports): EvidenceStore {
  switch (database.kind) {
    case "sqlite":
      return openSqliteStore(database.path);
    case "mongodb":
      return openMongodbStore(database, ports);
    default:
      return database satisfies never;
  }
}

function tellOn(bus: Bus): Tell {
  return (progress, event) => {
    const id = `${progress.requestId}:${progress.version}`;
    bus.publish(progressSubject(progress.requestId), id, toBinary(ProgressEventSchema, progress));
    if (event.kind.case === "opened" && !progress.terminal) {
      bus.publish(workSubject, id, new TextEncoder().encode(progress.requestId));
    }
  };
}

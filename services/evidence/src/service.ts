import { hash } from "node:crypto";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Event } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import {
  type Bus,
  KeyedMutex,
  type Logger,
  type NatsClient,
  newsSubject,
  noteInContext,
  type Ports,
  type Service,
  UsageProofs,
  type WalletSlot,
  WalletSlots,
  walletCallerOf,
  workSubject,
} from "@outlayer/kit";
import { type MongodbStore, openMongodbStore } from "./adapters/mongodb/store.ts";
import { ProgressStream } from "./adapters/nats/progress-stream.ts";
import { openSqliteStore } from "./adapters/sqlite/store.ts";
import { callers } from "./callers.ts";
import type { DatabaseUrl, EvidenceConfig } from "./config.ts";
import { type Tell, WorkflowLog } from "./core/log.ts";
import { QuotaBook } from "./core/quota-book.ts";
import type { EvidenceStore } from "./core/store.ts";
import { appendEvent } from "./rpc/append-event.ts";
import { appendGateLog, getGateLog } from "./rpc/gate-log.ts";
import { getHistory } from "./rpc/get-history.ts";
import { getRecord } from "./rpc/get-record.ts";
import { acquireLease, releaseLease, renewLease } from "./rpc/leases.ts";
import { listOpenWorkflows } from "./rpc/list-open-workflows.ts";
import { openWorkflow } from "./rpc/open-workflow.ts";
import { chargeOperator, countPlan } from "./rpc/quotas.ts";
import { readEvents } from "./rpc/read-events.ts";
import { requestCancel } from "./rpc/request-cancel.ts";
import { readUsage, releaseUsage, reserveUsage } from "./rpc/usage-ledger.ts";
import { watchProgress } from "./rpc/watch-progress.ts";
import { Publisher } from "./shell/publisher.ts";

export interface EvidenceDeps {
  readonly ports: Ports;
  readonly logger: Logger;
  readonly bus: Bus;
  /** Where progress is published; undefined where nobody outside of this process follows it. */
  readonly nats?: NatsClient | undefined;
}

/** Owns every record and its history. */
export function createEvidence(config: EvidenceConfig, { ports, logger, bus, nats }: EvidenceDeps): Service {
  const store = openStore(config.database, ports, logger);
  const sha256Hex = (text: string) => hash("sha256", text, "hex");
  const now = () => ports.clock.now();
  const tell: Tell = (progress, event, walletId) => {
    tellOn(bus, progress, event);
    publisher?.tell(progress.requestId, walletId);
  };
  const isOf = (walletId: string) => noteInContext({ wallet_id: walletId });
  const log = new WorkflowLog({ store, now, sha256Hex, tell, isOf });
  const publisher = nats && new Publisher({ stream: new ProgressStream(nats), store, log, ports, logger: nats.logger });
  const reading = { log, bus, timers: ports.timers };
  const accountMutex = new KeyedMutex();
  const quotas = new QuotaBook({
    store,
    rules: config.quotas,
    oneByOne: (walletId, change) => accountMutex.run(walletId, change),
    now,
    token: () => ports.ids.uuid(),
    record: (requestId) => log.record(requestId),
  });
  const gateLog = { store, now, sha256Hex };
  const leases = { store, now };
  const usageLedger = { store, log, now, sha256Hex, leases, logger, proofs: new UsageProofs(config.usageSecret) };
  const stopping = new AbortController();
  // A call that waits ends when the service stops, so that stopping does not wait for it.
  const until = (signal: AbortSignal) => AbortSignal.any([signal, stopping.signal]);

  const slots = new WalletSlots(config.slots);
  /** Takes a part of what the wallet may hold at once, for as long as the call has not ended. */
  const holding = <T>({ values }: HandlerContext, slot: WalletSlot, run: () => Promise<T>) =>
    slots.during(walletCallerOf(values).walletId, slot, run);

  const records: ServiceImpl<typeof RecordService> = {
    getRecord: (request, context) =>
      holding(context, request.waitMs > 0 ? "long_polls" : "requests_in_flight", () =>
        getRecord(reading, request, walletCallerOf(context.values), until(context.signal)),
      ),
    async *watchProgress(request, { values, signal }) {
      const caller = walletCallerOf(values);
      const giveBack = slots.take(caller.walletId, "event_streams");
      // Also where its reader has gone without a word while it was being told something.
      signal.addEventListener("abort", giveBack);
      try {
        yield* watchProgress(reading, request, caller, until(signal));
      } finally {
        giveBack();
      }
    },
    getHistory: (request, context) =>
      holding(context, "requests_in_flight", () =>
        getHistory({ ...reading, now }, request, walletCallerOf(context.values)),
      ),
  };
  const logs: ServiceImpl<typeof LogService> = {
    openWorkflow: (request) => openWorkflow({ log, quotas, store }, request),
    appendEvent: (request) => appendEvent({ log, leases, quotas, logger }, request),
    requestCancel: (request) => requestCancel(log, request),
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
    countPlan: (request) => countPlan(quotas, request),
    chargeOperator: (request) => chargeOperator({ quotas, leases }, request),
    acquireLease: (request) => acquireLease(leases, request),
    renewLease: (request) => renewLease(leases, request),
    releaseLease: (request) => releaseLease(leases, request),
  };
  return {
    routes: {
      name: "evidence",
      services: [RecordService, LogService],
      callers,
      // The planner reads what a request says that it was approved by.
      wallets: { credentials: config.credentials, vouchedBy: ["gateway", "planner"] },
      register(router) {
        router.service(RecordService, records);
        router.service(LogService, logs);
      },
    },
    async start(stopping) {
      await store.start(stopping);
      if (!stopping?.aborted) publisher?.start();
    },
    async stop() {
      stopping.abort();
    },
    async close() {
      await publisher?.stop();
      await store.close();
    },
    dependencies: () => [
      ...("dependency" in store ? [store.dependency] : []),
      ...(nats === undefined ? [] : [nats.dependency]),
    ],
  };
}

function openStore(database: DatabaseUrl, ports: Ports, logger: Logger): EvidenceStore | MongodbStore {
  switch (database.kind) {
    case "sqlite":
      return openSqliteStore(database.path);
    case "mongodb":
      return openMongodbStore(database, ports, logger);
    default:
      return database satisfies never;
  }
}

/** Wakes those who wait for this workflow, and broadcasters when there is one more to drive, or to drive differently. */
function tellOn(bus: Bus, { requestId, terminal }: ProgressEvent, event: Event): void {
  bus.publish(newsSubject(requestId), new Uint8Array());
  const isForDrivers = event.kind.case === "opened" || event.kind.case === "cancelRequested";
  if (isForDrivers && !terminal) bus.publish(workSubject, new TextEncoder().encode(requestId));
}

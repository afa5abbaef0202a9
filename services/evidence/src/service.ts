import { hash } from "node:crypto";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  Revocations,
  UsageProofs,
  type WalletSlot,
  WalletSlots,
  walletCallerOf,
  walletClients,
  workLogFields,
} from "@outlayer/access";
import type { Event } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { SessionService } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import {
  type Bus,
  KeyedMutex,
  type Logger,
  type NatsClient,
  noteInContext,
  type Ports,
  type Service,
} from "@outlayer/kit";
import { readersSubject, workSubject } from "@outlayer/workflow";
import { type MongodbStore, openMongodbStore } from "./adapters/mongodb/store.ts";
import { ProgressStream } from "./adapters/nats/progress-stream.ts";
import { openSqliteStore } from "./adapters/sqlite/store.ts";
import { callers } from "./callers.ts";
import type { DatabaseUrl, EvidenceConfig } from "./config.ts";
import { type Announce, WorkflowLog } from "./core/log.ts";
import { NextReads } from "./core/next-reads.ts";
import { QuotaBook } from "./core/quota-book.ts";
import type { EvidenceStore } from "./core/store.ts";
import { UsageLedgers } from "./core/usage-ledgers.ts";
import { appendEvent } from "./rpc/append-event.ts";
import { signalOf } from "./rpc/changes.ts";
import { appendGateLog, getGateLog } from "./rpc/gate-log.ts";
import { getHistory } from "./rpc/get-history.ts";
import { getRecord } from "./rpc/get-record.ts";
import { acquireLease, listLeases, releaseLease, renewLease } from "./rpc/leases.ts";
import { listOpenWorkflows } from "./rpc/list-open-workflows.ts";
import { openWorkflow } from "./rpc/open-workflow.ts";
import { chargeOperator, countPlan } from "./rpc/quotas.ts";
import { readEvents } from "./rpc/read-events.ts";
import { requestCancel } from "./rpc/request-cancel.ts";
import { getSession, isRevoked, listSignedIn, revokeSession, useChallenge } from "./rpc/sessions.ts";
import { readUsage, releaseUsage, reserveUsage } from "./rpc/usage-ledger.ts";
import { watchProgress } from "./rpc/watch-progress.ts";
import { Publisher } from "./shell/publisher.ts";

export interface EvidenceDeps {
  readonly ports: Ports;
  readonly logger: Logger;
  readonly bus: Bus;
  /** For publishing progress; undefined where no other process follows it. */
  readonly nats?: NatsClient | undefined;
}

/** The service that owns every record and its history. */
export function createEvidence(config: EvidenceConfig, { ports, logger, bus, nats }: EvidenceDeps): Service {
  const store = openStore(config.database, ports, logger);
  const sha256Hex = (text: string) => hash("sha256", text, "hex");
  const now = () => ports.clock.now();
  const tell: Announce = (progress, event, walletId, partition) => {
    wake(bus, progress, event, partition);
    publisher?.tell(progress.requestId, { walletId, version: Number(progress.version) });
  };
  const onWallet = (walletId: string) => noteInContext({ wallet_id: walletId });
  const log = new WorkflowLog({ store, now, sha256Hex, tell, onWallet, firstGateId: config.firstGateId });
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
  const leaseReads = new NextReads((resource) => store.readLease(resource));
  const leases = { store: { readLease: (resource: string) => leaseReads.read(resource) } };
  const holders = { store, now };
  const gateLog = { store, leases, now, sha256Hex };
  const ledgers = new UsageLedgers({ store });
  const usageLedger = { ledgers, log, now, sha256Hex, leases, logger, proofs: new UsageProofs(config.usageSecret) };
  const stopping = new AbortController();
  // Waiting calls end at shutdown, so that it does not wait for them.
  const until = (signal: AbortSignal) => AbortSignal.any([signal, stopping.signal]);

  const revocations = new Revocations({ clock: ports.clock, read: (sessionId) => isRevoked(store, sessionId) });
  const marking = { store, revocations, now };
  const slots = new WalletSlots(config.slots);
  /** Holds one of the wallet's slots until the call has ended. */
  const holding = <T>({ values }: HandlerContext, slot: WalletSlot, run: () => Promise<T>) =>
    slots.during(walletCallerOf(values).walletId, slot, run);

  const records: ServiceImpl<typeof RecordService> = {
    getRecord: (request, context) =>
      holding(context, request.waitMs > 0 ? "long_polls" : "requests_in_flight", () =>
        getRecord(reading, request, walletCallerOf(context.values), () => until(context.signal)),
      ),
    async *watchProgress(request, { values, signal }) {
      const caller = walletCallerOf(values);
      const giveBack = slots.take(caller.walletId, "event_streams");
      // Needed if the reader vanishes while a message is being sent.
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
    listOpenWorkflows: (request) => listOpenWorkflows({ ...holders, log }, request),
    async reserveNonces({ senderId, count }) {
      return { nonces: [...(await store.reserveNonces(senderId, count, BigInt(now())))] };
    },
    getGateLog: (request) => getGateLog(gateLog, request),
    appendGateLog: (request) => appendGateLog(gateLog, request),
    readUsage: (request) => readUsage(usageLedger, request),
    reserveUsage: (request) => reserveUsage(usageLedger, request),
    releaseUsage: (request) => releaseUsage(usageLedger, request),
    countPlan: (request) => countPlan(quotas, request),
    chargeOperator: (request) => chargeOperator({ quotas, log, leases }, request),
    acquireLease: (request) => acquireLease(holders, request),
    renewLease: (request) => renewLease(holders, request),
    releaseLease: (request) => releaseLease(holders, request),
    listLeases: () => listLeases(holders),
  };
  const sessions: ServiceImpl<typeof SessionService> = {
    useChallenge: (request) => useChallenge(marking, request),
    revokeSession: (request) => revokeSession(marking, request),
    getSession: (request) => getSession(marking, request),
    listSignedIn: (request) => listSignedIn(marking, request),
  };
  return {
    routes: {
      name: "evidence",
      services: [RecordService, LogService, SessionService],
      callers,
      // The planner reads the record that a request names as its approval.
      clients: walletClients({
        credentials: config.credentials,
        sessionCheck: { clock: ports.clock, revocations },
        vouchedBy: ["gateway", "planner"],
      }),
      logFields: workLogFields,
      register(router) {
        router.service(RecordService, records);
        router.service(LogService, logs);
        router.service(SessionService, sessions);
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
      return openSqliteStore(database.path, ports.timers);
    case "mongodb":
      return openMongodbStore(database, ports, logger);
    default:
      return database satisfies never;
  }
}

/** Wakes readers of this workflow, and broadcasters when a workflow is opened or is to be cancelled. */
function wake(bus: Bus, { requestId, version, terminal }: ProgressEvent, event: Event, partition: string): void {
  bus.publish(readersSubject(requestId), signalOf(version));
  const isForDrivers = event.kind.case === "opened" || event.kind.case === "cancelRequested";
  if (isForDrivers && !terminal) bus.publish(workSubject(partition), new TextEncoder().encode(requestId));
}

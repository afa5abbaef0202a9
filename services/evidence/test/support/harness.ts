import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { defaultWalletSlots } from "@outlayer/access";
import type { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { createEvidence, defaultRules } from "@outlayer/evidence";
import {
  createLogger,
  InProcessBus,
  inMemoryTransport,
  type Ports,
  type ServiceName,
  systemPorts,
} from "@outlayer/kit";
import { directUserPartition } from "@outlayer/workflow";
import type { Place } from "./places.ts";

export const walletHeaders = { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "internal" };

/** What wallets may use up, where a test does not say. */
export const bounds = { quotas: defaultRules, slots: defaultWalletSlots, firstGateId: "gate.near" };

export type EventKind = NonNullable<MessageInitShape<typeof EventSchema>["kind"]>;

export const usageSecret = "usage-secret-of-the-tests-0123456789";

export interface EvidenceUnderTest {
  readonly logs: Client<typeof LogService>;
  readonly records: Client<typeof RecordService>;
  readonly bus: InProcessBus;
  readonly place: Place;
  /** The lease for the gate's workflows. */
  readonly lease: Awaited<ReturnType<typeof leaseOf>>;
  /** The lease for a workflow: that of direct-user calls of `wallet-1`, or the gate's, as for one that does not exist. */
  leaseFor(requestId: string): Promise<Awaited<ReturnType<typeof leaseOf>>>;
  /** A new request id. */
  id(): string;
  /** Opens a workflow of one call under a key. */
  open(key: string, extra?: Partial<MessageInitShape<typeof OpenedSchema>>): Promise<string>;
  append(requestId: string, expectedVersion: number, kind: EventKind): Promise<number>;
  /** Stops the service and starts another one on the same file. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the service on a new database, which goes when it is stopped.
 * @param clock what the service takes for the time, if not the system's
 * @param limits what wallets may use up, if not what they may by default
 */
export async function startEvidence(
  place: Place,
  clock?: Ports["clock"],
  limits: Partial<typeof bounds> = {},
): Promise<EvidenceUnderTest> {
  const system = systemPorts();
  const ports = { ...system, clock: clock ?? system.clock };
  const bus = new InProcessBus();
  const credentials = { internalTokens: ["internal"], apiKeys: new Map<string, string>() };
  const start = async () => {
    const guards = { logger: createLogger("evidence", "silent"), serviceToken: undefined };
    const service = createEvidence(
      { database: place.database, credentials, usageSecret, ...bounds, ...limits },
      { ports, bus, logger: guards.logger },
    );
    await service.start();
    const logs = logClient((caller) => inMemoryTransport(service.routes, guards, caller));
    return {
      service,
      logs,
      lease: await leaseOf(logs),
      usersLease: await leaseOf(logs, directUserPartition("wallet-1")),
      records: createClient(RecordService, inMemoryTransport(service.routes, guards, undefined)),
    };
  };
  const stop = async () => {
    await running.service.stop();
    await running.service.close?.();
  };
  let running = await start();
  const leaseFor = async (requestId: string) => {
    const { events } = await running.logs.readEvents({ requestId }).catch(() => ({ events: [] }));
    const opened = events[0]?.event?.kind;
    const isUsers = opened?.case === "opened" && opened.value.endpoint === "direct_user_function_call";
    return isUsers ? running.usersLease : running.lease;
  };
  return {
    get logs() {
      return running.logs;
    },
    get records() {
      return running.records;
    },
    get lease() {
      return running.lease;
    },
    leaseFor,
    bus,
    place,
    id: () => ports.ids.uuid(),
    async open(key, extra = {}) {
      const requestId = ports.ids.uuid();
      const opened = create(OpenedSchema, { ...opening(key), ...extra } as MessageInitShape<typeof OpenedSchema>);
      const { record } = await running.logs.openWorkflow({ requestId, opened });
      return record?.requestId ?? "";
    },
    async append(requestId, expectedVersion, kind) {
      const { version } = await running.logs.appendEvent({
        requestId,
        expectedVersion: BigInt(expectedVersion),
        event: { kind },
        lease: await leaseFor(requestId),
      });
      return Number(version);
    },
    async restart() {
      await stop();
      running = await start();
    },
    async stop() {
      await stop();
      await place.drop();
    },
  };
}

/** A lease that is newly taken. */
export async function leaseOf(logs: Client<typeof LogService>, resource = "gate:gate.near") {
  const { epoch } = await logs.acquireLease({ resource, holderId: "tests", ttlMs: 3_600_000 });
  return { resource, epoch };
}

/** The first event of a workflow with one transfer. */
export function opening(key: string): MessageInitShape<typeof OpenedSchema> {
  return {
    endpoint: "workflow",
    walletId: "wallet-1",
    idempotencyKey: key,
    fingerprint: "a".repeat(64),
    originalRequestText: '{"steps":[{"kind":"intents.transfer"}]}',
    workflowText: '{"steps":[{"kind":"intents.transfer"}]}',
    planJson: { accepted: true, executable: true, steps: [{ lane: "gate_proxy" }] },
    calls: [
      {
        receiverId: "intents.near",
        methodName: "execute_intents",
        gas: "100000000000000",
        deposit: "0",
        payload: { case: "intents", value: { intentsJson: "[]" } },
      },
    ],
  };
}

/** Workflows are opened, and their callers' wishes written down, by the planner; all the rest is the broadcaster's. */
export function logClient(as: (caller: ServiceName) => Transport): Client<typeof LogService> {
  const [planner, broadcaster] = [as("planner"), as("broadcaster")];
  return createClient(LogService, {
    ...broadcaster,
    unary: (method, ...call) =>
      (["OpenWorkflow", "RequestCancel", "CountPlan"].includes(method.name) ? planner : broadcaster).unary(
        method,
        ...call,
      ),
  });
}

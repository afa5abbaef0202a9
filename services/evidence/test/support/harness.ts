import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import type { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { createEvidence } from "@outlayer/evidence";
import { createLogger, InProcessBus, inMemoryTransport, systemPorts } from "@outlayer/kit";
import type { Place } from "./places.ts";

export const walletHeaders = { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "internal" };
export const serviceToken = "service-token-of-this-test";

export type EventKind = NonNullable<MessageInitShape<typeof EventSchema>["kind"]>;

export interface EvidenceUnderTest {
  readonly logs: Client<typeof LogService>;
  readonly records: Client<typeof RecordService>;
  readonly bus: InProcessBus;
  readonly place: Place;
  /** A new request id. */
  id(): string;
  /** Opens a workflow of one call under a key. */
  open(key: string, extra?: Partial<MessageInitShape<typeof OpenedSchema>>): Promise<string>;
  append(requestId: string, expectedVersion: number, kind: EventKind): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the service on a new database, which goes when it is stopped. */
export async function startEvidence(place: Place): Promise<EvidenceUnderTest> {
  const ports = systemPorts();
  const bus = new InProcessBus();
  const credentials = { internalTokens: ["internal"], apiKeys: new Map<string, string>() };
  const service = createEvidence({ database: place.database, credentials }, { ports, bus });
  await service.start();
  const guards = { logger: createLogger("evidence", "silent"), serviceToken };
  const transport = inMemoryTransport(service.routes, guards, { serviceToken });
  const logs = createClient(LogService, transport);
  return {
    logs,
    records: createClient(RecordService, transport),
    bus,
    place,
    id: () => ports.ids.uuid(),
    async open(key, extra = {}) {
      const requestId = ports.ids.uuid();
      const opened = create(OpenedSchema, { ...opening(key), ...extra } as MessageInitShape<typeof OpenedSchema>);
      const { record } = await logs.openWorkflow({ requestId, opened });
      return record?.requestId ?? "";
    },
    async append(requestId, expectedVersion, kind) {
      const { version } = await logs.appendEvent({
        requestId,
        expectedVersion: BigInt(expectedVersion),
        event: { kind },
      });
      return Number(version);
    },
    async stop() {
      await service.stop();
      await service.close?.();
      await place.drop();
    },
  };
}

/** The first event of a workflow with one transfer. */
export function opening(key: string): MessageInitShape<typeof OpenedSchema> {
  return {
    endpoint: "workflow",
    walletId: "wallet-1",
    idempotencyKey: key,
    fingerprint: "a".repeat(64),
    originalRequestJson: { steps: [{ kind: "intents.transfer" }] },
    workflowJson: { steps: [{ kind: "intents.transfer" }] },
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

import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { createEvidence } from "@outlayer/evidence";
import { createLogger, inMemoryTransport, natsServers, openMessaging, type Ports, systemPorts } from "@outlayer/kit";
import { gatePartition } from "@outlayer/workflow";
import type { DatabaseUrl } from "../../src/config.ts";
import { bounds, leaseOf, logClient, opening, usageSecret } from "./harness.ts";

const { ids } = systemPorts();
const serviceToken = "service-token-of-this-test";

export type Kind = NonNullable<MessageInitShape<typeof EventSchema>["kind"]>;
export const taken: Kind = { case: "taken", value: { driverId: "driver", epoch: 1n } };
export const waiting: Kind = { case: "waiting", value: { queue: { position: 1, waitingFor: "turn" } } };
export const ended: Kind = { case: "ended", value: { status: "failed", errorCode: "timed_out" } };

export interface Line {
  readonly level: string;
  readonly msg: string;
  readonly request_id?: string;
  readonly wallet_id?: string;
  readonly err?: { readonly message: string };
}

/** One evidence process: several may share a file, and a NATS. */
export interface NatsEvidence {
  readonly logs: Client<typeof LogService>;
  readonly records: Client<typeof RecordService>;
  readonly lines: readonly Line[];
  /** Resolves once something was logged. */
  logged(msg: RegExp): Promise<Line>;
  stop(): Promise<void>;
}

export interface NatsEvidenceOptions {
  readonly database: DatabaseUrl;
  readonly url: string;
  readonly replicas?: number;
  readonly maxAgeMs?: number;
  readonly timers?: Ports["timers"];
  /** Only listens to others, and publishes nothing. */
  readonly silent?: boolean;
}

export async function startNatsEvidence(options: NatsEvidenceOptions): Promise<NatsEvidence> {
  const system = systemPorts();
  const ports = { ...system, timers: options.timers ?? system.timers };
  const lines: Line[] = [];
  const looking = new Set<() => void>();
  const write = (line: string) => {
    lines.push(JSON.parse(line));
    for (const look of looking) look();
  };
  const logger = createLogger("evidence", "trace", { write });
  const config = {
    ...natsServers(options.url),
    replicas: options.replicas ?? 1,
    maxAgeMs: options.maxAgeMs ?? 3_600_000,
  };
  const messaging = openMessaging(config, { name: "evidence", ports: system, logger });
  const service = createEvidence(
    {
      database: options.database,
      credentials: { internalTokens: ["internal"], apiKeys: new Map() },
      ...bounds,
      usageSecret,
    },
    { ports, logger, bus: messaging.bus, nats: options.silent ? undefined : messaging.nats },
  );
  await service.start();
  const guards = { logger, serviceToken };
  return {
    logs: logClient((caller) => inMemoryTransport(service.routes, guards, caller)),
    records: createClient(RecordService, inMemoryTransport(service.routes, guards, undefined)),
    lines,
    logged(msg) {
      return new Promise((resolve) => {
        const look = () => {
          const found = lines.find((line) => msg.test(line.msg));
          if (found === undefined) return;
          looking.delete(look);
          resolve(found);
        };
        looking.add(look);
        look();
      });
    },
    async stop() {
      await service.stop();
      await service.close?.();
      await messaging.stop();
    },
  };
}

/** Each workflow has a gate of its own, so that no other takes the lease under which its events are appended. */
const gateOf = (requestId: string) => `${requestId}.near`;

/** Opens a workflow. */
export async function open({ logs }: Pick<NatsEvidence, "logs">): Promise<string> {
  const requestId = ids.uuid();
  await logs.openWorkflow({ requestId, opened: { ...opening(requestId), gateId: gateOf(requestId) } });
  return requestId;
}

/** Appends one event after another, each through the next of these processes. */
export async function appendAll(
  processes: readonly Pick<NatsEvidence, "logs">[],
  requestId: string,
  fromVersion: number,
  kinds: readonly Kind[],
): Promise<void> {
  const lease = await leaseOf((processes[0] as NatsEvidence).logs, gatePartition(gateOf(requestId)));
  for (const [index, kind] of kinds.entries()) {
    const { logs } = processes[index % processes.length] as NatsEvidence;
    const expectedVersion = BigInt(fromVersion + index);
    await logs.appendEvent({ requestId, expectedVersion, event: { kind }, lease });
  }
}

/** Somebody who knows of the stream what its documentation says, and nothing of us. */
export interface Follower {
  readonly connection: NatsConnection;
  /** Versions of a workflow as they stand in the stream, read until the one at which it ended. */
  versions(requestId: string): Promise<readonly number[]>;
  /** How many messages the stream has. */
  count(): Promise<number>;
  close(): Promise<void>;
}

export async function follow(url: string): Promise<Follower> {
  const connection = await connect({ servers: url.replace("nats://", "") });
  return {
    connection,
    async versions(requestId) {
      const subject = `wallet.progress.${requestId}`;
      const { consumers } = jetstream(connection);
      const consumer = await patiently(() => consumers.get("WALLET_PROGRESS", { filter_subjects: subject }));
      const seen: number[] = [];
      for await (const message of await consumer.consume()) {
        const progress = fromBinary(ProgressEventSchema, message.data);
        const version = Number(progress.version);
        seen.push(version);
        if (message.headers?.get("Nats-Msg-Id") !== `${requestId}:${version}`) throw new Error("another message id");
        if (progress.terminal) break;
      }
      return seen;
    },
    async count() {
      const { streams } = await jetstreamManager(connection, { checkAPI: false });
      return (await patiently(() => streams.info("WALLET_PROGRESS"))).state.messages;
    },
    close: () => connection.close(),
  };
}

/** Asks again where there is no answer: servers that are electing a leader give none. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Error && error.name === "TimeoutError")) throw error;
    }
  }
}

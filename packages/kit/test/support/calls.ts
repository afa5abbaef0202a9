import assert from "node:assert/strict";
import {
  ConnectError,
  createClient,
  createContextKey,
  type HandlerContext,
  type ServiceImpl,
  type Transport,
} from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import {
  accepts,
  createLogger,
  inMemoryTransport,
  Readiness,
  type RpcRoutes,
  remoteTransport,
  type ServiceName,
  serveRpc,
  unauthenticated,
  upTo,
} from "@outlayer/kit";

export const requestId = "018f0000-0000-7000-8000-000000000000";
export const messageBytes = 4_096;

export const clientKey = createContextKey("");

export type Records = Partial<ServiceImpl<typeof RecordService>>;
type Logs = Partial<ServiceImpl<typeof LogService>>;

/** How a suite reaches a service, and what the service logs. */
export interface Reached {
  as(from: ServiceName | undefined): Transport;
  readonly logs: readonly string[];
  close(): Promise<void>;
}

type Reach = (routes: RpcRoutes) => Promise<Reached>;

const inMemory: Reach = async (routes) => {
  const logs: string[] = [];
  const logger = createLogger("test", "trace", { write: (line) => void logs.push(line) });
  const as = (from: ServiceName | undefined) => inMemoryTransport(routes, { logger, serviceToken: undefined }, from);
  return { as, logs, async close() {} };
};

const overH2c: Reach = async (routes) => {
  const logs: string[] = [];
  const logger = createLogger("test", "trace", { write: (line) => void logs.push(line) });
  const free = { host: "127.0.0.1", port: 0 };
  const readiness = new Readiness();
  readiness.start();
  const listeners = await serveRpc(routes, { logger, serviceToken: undefined }, { grpc: free, http: free }, readiness);
  const as = (from: ServiceName | undefined) =>
    remoteTransport(listeners.grpcUrl, { from, to: "evidence", serviceToken: undefined });
  return { as, logs, close: () => listeners.close() };
};

export const apart = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
export const failure = (call: Promise<unknown>) =>
  call.then(() => assert.fail("the call succeeded"), ConnectError.from);
export const untilAborted = ({ signal }: HandlerContext) =>
  new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
/** Serves for one test at a time, and stops after each. */
class Served {
  #reached: Reached | undefined;
  readonly #reach: Reach;

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  async serve(records: Records, logs: Logs = {}): Promise<Reached> {
    this.#reached = await this.#reach({
      name: "evidence",
      services: [RecordService, LogService],
      callers: {
        ...accepts(RecordService, { getRecord: ["gateway"], watchProgress: ["gateway"], getHistory: "clients" }),
        "outlayer.evidence.v1.LogService/AppendEvent": upTo(messageBytes, ["broadcaster"]),
        "outlayer.evidence.v1.LogService/ReserveNonces": ["broadcaster"],
      },
      clients: {
        authenticate(headers, caller, values) {
          if (caller !== "gateway" && headers.get("x-secret") !== "secret") throw unauthenticated("who is it?");
          values.set(clientKey, headers.get("x-client") ?? "");
        },
      },
      register(router) {
        router.service(RecordService, records as ServiceImpl<typeof RecordService>);
        router.service(LogService, logs as ServiceImpl<typeof LogService>);
      },
    });
    return this.#reached;
  }

  async recordsOf(records: Records, from: ServiceName | undefined = "gateway") {
    return createClient(RecordService, (await this.serve(records)).as(from));
  }

  async close(): Promise<void> {
    await this.#reached?.close();
    this.#reached = undefined;
  }
}

/** Describes what a call has to be, whatever carries it. */
export function describeCalls(describeOne: (served: Served) => void): void {
  for (const [title, reach] of [
    ["in one process", inMemory],
    ["over h2c", overH2c],
  ] as const) {
    describe(`a call ${title}`, () => {
      const served = new Served(reach);
      afterEach(() => served.close());
      describeOne(served);
    });
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient, createRouterTransport, type Transport } from "@connectrpc/connect";
import { defaultWalletSlots as slots } from "@outlayer/access";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import type { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import {
  createLogger,
  type Dependency,
  InProcessBus,
  inMemoryTransport,
  type Ports,
  Readiness,
  type Service,
  systemPorts,
} from "@outlayer/kit";
import {
  counterScope,
  directUserPartition,
  directUserPartitions,
  gatePartition,
  workSubject,
} from "@outlayer/workflow";
import { oneClickSigner } from "../../../../test/support/one-click-quote.ts";
import type { EvidenceConfig } from "../../../evidence/src/config.ts";
import { createEvidence } from "../../../evidence/src/service.ts";
import { defaultRules } from "../../../evidence/src/wallet-quotas.ts";
import type { QuoteSourcesConfig } from "../../../planner/src/config.ts";
import { createPlanner } from "../../../planner/src/service.ts";
import { createGateway, type Gateway, type GatewayConfig } from "../../src/index.ts";
import { type RestAnswer, type RestOptions, rest } from "./rest.ts";
import { apiKey, gateId, hashedApiKey, internalToken, sessionTerms, sha256Hex } from "./samples.ts";

const walletAccount = "e7b729f013ada9da12126519d523e3acb855ec5b47e07b9d70aa359645865427";

export type EventInit = NonNullable<Exclude<MessageInitShape<typeof EventSchema>, { $typeName: string }>["kind"]>;

export interface WorldOptions {
  readonly config?: Partial<GatewayConfig>;
  readonly evidence?: Partial<EvidenceConfig>;
  /** Whether accounts can sign in; they can by default. */
  readonly signIn?: false;
  /** None where absent. */
  readonly quoteSources?: Partial<QuoteSourcesConfig>;
  /** The gateway's and evidence's; the system's where absent. */
  readonly time?: Pick<Ports, "clock" | "timers">;
  /** Stands in for the real planner or evidence, as the gateway sees them. */
  readonly transports?: (real: Transports) => Partial<Transports>;
  /** What the gateway's process says of those that it needs; nothing where absent. */
  readonly dependencies?: readonly Dependency[];
  /** How the gateway reaches an upstream; in memory where absent. */
  readonly host?: (service: Service) => Promise<Transport>;
}

export interface Transports {
  readonly planner: Transport;
  readonly evidence: Transport;
}

/** A gateway on a free port, in front of the real planner and the real evidence. */
export interface World {
  readonly url: string;
  readonly gateway: Gateway;
  readonly log: Client<typeof LogService>;
  /** What the gateway logged, a line each. */
  readonly lines: readonly { readonly [field: string]: unknown }[];
  rest(method: string, path: string, options?: RestOptions): Promise<RestAnswer>;
  /** The request id of the next workflow that is opened and has not ended with it. */
  opened(): Promise<string>;
  /** Appends to a workflow's log, after whatever is there. */
  append(requestId: string, ...events: EventInit[]): Promise<void>;
  /** Resolves once the gateway has logged a line with these fields. */
  logged(fields: { readonly [field: string]: unknown }): Promise<{ readonly [field: string]: unknown }>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "gateway-test-"));
  const ports = { ...systemPorts(), ...options.time };
  const credentials = {
    internalTokens: [internalToken, "token-before-rotation"],
    apiKeys: new Map([
      [sha256Hex(apiKey), "wallet-1"],
      [sha256Hex(hashedApiKey), "wallet-2"],
    ]),
    ...(options.signIn === false ? {} : { sessions: sessionTerms }),
  };
  const guards = { logger: createLogger("upstream", "silent"), serviceToken: undefined };
  const bus = new InProcessBus();
  const evidence = createEvidence(
    {
      database: { kind: "sqlite", path: join(directory, "evidence.db") },
      credentials,
      usageSecret: "usage-secret-of-the-tests-0123456789",
      quotas: defaultRules,
      slots,
      firstGateId: gateId,
      ...options.evidence,
    },
    { ports, bus, logger: guards.logger },
  );
  const planning = inMemoryTransport(evidence.routes, guards, "planner");
  const planner = createPlanner(
    {
      credentials,
      costs: {
        ownGas: 60_000_000_000_000n,
        callbackGas: 200_000_000_000_000n,
        feeYocto: 30_000_000_000_000_000_000_000n,
      },
      gateBusyWorkflows: 200,
      slots,
      rereadGates: undefined,
      limits: {
        gates: [{ gateId, weight: 1, drain: false }],
        verifierId: "intents.near",
        oneClickKey: oneClickSigner.publicKey,
        chainReceivers: [],
        carriesOwnPayloads: false,
        wrappedNearId: "wrap.near",
        maxInnerGas: 130_000_000_000_000n,
        maxDepositYocto: 1n,
      },
      directUserScopes: [counterScope],
      networkId: "mainnet",
      walletUrl: undefined,
      quoteSources: { oneClick: undefined, messageBus: undefined, ...options.quoteSources },
    },
    {
      ports,
      logger: guards.logger,
      transports: { signerProxy: walletAccounts, broadcaster: gateFacts, evidence: planning },
    },
  );
  const host = options.host ?? (async ({ routes }) => inMemoryTransport(routes, guards, "gateway"));
  const real = { evidence: await host(evidence), planner: await host(planner) };
  const lines: { readonly [field: string]: unknown }[] = [];
  let watchers: (() => void)[] = [];
  const logger = createLogger("gateway", "trace", {
    write(line) {
      lines.push(JSON.parse(line));
      for (const notify of watchers) notify();
    },
  });
  const readiness = new Readiness();
  readiness.watch(() => options.dependencies ?? []);
  const gateway = createGateway(
    {
      bind: { host: "127.0.0.1", port: 0 },
      credentials,
      gateId,
      executeWaitSecs: 0,
      slots,
      maxConnections: 1_024,
      corsOrigins: [],
      ...options.config,
    },
    { ports, logger, readiness, transports: { ...real, ...options.transports?.(real) } },
  );
  await gateway.start();
  readiness.start();
  const url = gateway.restUrl();
  const log = createClient(LogService, inMemoryTransport(evidence.routes, guards, "broadcaster"));

  return {
    url,
    gateway,
    log,
    lines,
    rest: (method, path, restOptions) => rest(url, method, path, restOptions),
    opened() {
      return new Promise((resolve) => {
        const ends = [gatePartition(gateId), ...directUserPartitions].map((partition) =>
          bus.subscribe(workSubject(partition), (data) => {
            for (const end of ends) end();
            resolve(new TextDecoder().decode(data));
          }),
        );
      });
    },
    async append(requestId, ...events) {
      const { events: before } = await log.readEvents({ requestId });
      let expectedVersion = BigInt(before.length);
      const opened = before[0]?.event?.kind;
      const isUsers = opened?.case === "opened" && opened.value.endpoint === "direct_user_function_call";
      const resource = isUsers ? directUserPartition(opened.value.walletId) : gatePartition(gateId);
      const { epoch } = await log.acquireLease({ resource, holderId: "tests", ttlMs: 60_000 });
      const lease = { resource, epoch };
      for (const kind of events) {
        expectedVersion = (await log.appendEvent({ requestId, expectedVersion, event: { kind }, lease })).version;
      }
    },
    logged(fields) {
      const found = () => lines.find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
      return new Promise((resolve) => {
        const look = () => {
          const line = found();
          if (line === undefined) return;
          watchers = watchers.filter((watcher) => watcher !== look);
          resolve(line);
        };
        watchers.push(look);
        look();
      });
    },
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await evidence.stop();
      await planner.stop();
      await evidence.close?.();
      await rm(directory, { recursive: true });
    },
  };
}

const walletAccounts = createRouterTransport((router) => {
  router.service(SignerProxyService, {
    getAccount: () => ({ accountId: walletAccount, publicKey: "ed25519:x" }),
    prepareDirectUserKey: ({ scope = {} }) => ({ scope, methodNamesHash: "00", publicKey: "ed25519:x", keyLabel: "x" }),
  });
});

const gateFacts = createRouterTransport((router) => {
  router.service(BroadcasterService, {
    getGateFacts: () => ({ feeTiers: [3, 6, 12].map((cap) => ({ cap, feeYocto: "1" })) }),
    getDirectUserKey: () => ({ installed: false, reason: "absent", message: "it is not there", blockHeight: 100n }),
    getPayloadFacts: () => ({ feePips: 1, finalTimeMs: BigInt(Date.now()) }),
    getAccount: ({ publicKey }) => ({
      exists: true,
      authByPredecessor: true,
      blockHeight: 100n,
      nearKeys: publicKey === undefined ? [] : [{ publicKey, fullAccess: true }],
    }),
    preflight: () => ({
      preflight: {
        ready: true,
        checks: [{ name: "rpc", class: "waiting", ok: true, expected: "answers", actual: "answers", message: "ready" }],
        finalHeight: 100n,
      },
    }),
  });
});

/** Events that tests move workflows with. */
export const events = {
  taken: { case: "taken", value: { driverId: "driver-1", epoch: 1n } },
  waiting: { case: "waiting", value: { queue: { position: 1, waitingFor: "turn" } } },
  succeeded: { case: "ended", value: { status: "succeeded", outcomes: [{ outcome: "succeeded" }] } },
} as const satisfies Record<string, EventInit>;

/** The end of a workflow. */
export function ended(status: string, errorCode?: string, userVisibleError?: string): EventInit {
  return {
    case: "ended",
    value: {
      status,
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(userVisibleError === undefined ? {} : { userVisibleError }),
    },
  };
}

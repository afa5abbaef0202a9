import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { isSessionWalletId, vouchingHeaders } from "@outlayer/access";
import { createBroadcaster, readBroadcasterConfig } from "@outlayer/broadcaster";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { type Devnet, startDevnet } from "@outlayer/devnet";
import { createEvidence, readEvidenceConfig } from "@outlayer/evidence";
import {
  ConfigReader,
  createLogger,
  type Environment,
  inMemoryTransport,
  type Logger,
  noMetrics,
  patient,
  type Service,
  type ServiceName,
} from "@outlayer/kit";
import { createPlanner, readPlannerConfig } from "@outlayer/planner";
import { createSignerProxy, readSignerProxyConfig } from "@outlayer/signer-proxy";
import type { Attempt } from "../checker/rules/windows.ts";
import { signIntents } from "../support/actors.ts";
import { wideQuotas } from "../support/product-environment.ts";
import { SimBus } from "./bus.ts";
import type { Climate } from "./climate.ts";
import { Dice } from "./dice.ts";
import { Fencing } from "./fencing.ts";
import { fetchOverNetwork } from "./fetch.ts";
import { HostClock } from "./host-clock.ts";
import type { Maker } from "./load.ts";
import { Network } from "./network.ts";
import { Nodes } from "./nodes.ts";
import { gateVariables, type OperatedGate, operatedGates } from "./operated-gates.ts";
import { SimProcess } from "./process.ts";
import { Scheduler } from "./scheduler.ts";
import { Tally } from "./tally.ts";
import { ToldHeads } from "./told-heads.ts";
import { Trace } from "./trace.ts";
import { overNetwork } from "./transport.ts";

const token = "internal-token-of-the-simulation-0123456789";
const serviceToken = "service-token-of-the-simulation-0123456789";

/** The time at which every history begins. */
const startMs = Date.UTC(2026, 3, 24, 12);

/** The wallet that is the other side of every swap. */
const makerId = "maker";

/** Until when what it signs holds: longer than any history. Milliseconds. */
const makerHoldsMs = 24 * 3_600_000;

export const walletIds = ["wallet-1", "wallet-2", "wallet-3", "wallet-4", "wallet-5"] as const;

export interface WorldOptions {
  readonly blockTimeMs: number;
  readonly broadcasters: number;
  readonly gates: number;
  /** Access keys that the product has of the relayer and of the approver. */
  readonly keys: { readonly relayer: number; readonly approver: number };
  readonly climate: Climate;
  readonly environment?: Environment;
}

/** A broadcaster and the process it runs in. */
export interface RunningBroadcaster {
  readonly process: SimProcess;
  readonly service: Service;
}

/**
 * The whole product but for the gateway's REST, each service in a process of its own, on a devnet in process: one virtual
 * time, one seed. Broadcasters come and go; the others are always there, behind a network that is not.
 */
export class World {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly tally = new Tally();
  readonly network: Network;
  readonly bus: SimBus;
  readonly devnet: Devnet;
  readonly nodes: Nodes;
  /** Clocks of the broadcasters' hosts, by slot. Evidence's is right: the checker compares what it wrote with blocks. */
  readonly hosts: readonly HostClock[];
  readonly fencing = new Fencing(() => this.nowMs);
  /** Submissions and resumes as broadcasters wrote them down. */
  readonly attempts: Attempt[] = [];
  readonly gateIds: readonly string[];
  /** Public keys with which the product signs transactions. */
  readonly operatorKeys: readonly string[];
  /** Partitions that broadcasters began to hand over to one another, counted. */
  handOvers = 0;
  /** Errors that a service logged as such: it met what it did not expect. */
  readonly errors: string[] = [];
  readonly #seed: string;
  readonly #environment: Environment;
  readonly #evidence: Service;
  readonly #signerProxy: Service;
  readonly #planner: Service;
  readonly #client: SimProcess;
  readonly #rightClock: HostClock;
  readonly #transports = new Map<Service, Map<ServiceName | undefined, Transport>>();
  readonly #slots: (RunningBroadcaster | undefined)[] = [];
  #started = 0;

  static async start(seed: string, options: WorldOptions): Promise<World> {
    const scheduler = new Scheduler(startMs);
    const dice = new Dice(`${seed} devnet`);
    const { keptBlocks, ...climate } = options.climate;
    const devnet = await startDevnet({
      listen: false,
      blockTimeMs: options.blockTimeMs,
      historyBlocks: 100_000,
      seed,
      ...climate,
      genesis: { wallets: [...walletIds, makerId].map((walletId) => ({ walletId })), gates: options.gates },
      ports: {
        now: () => scheduler.nowMs,
        after: (ms, run) => scheduler.after(ms, run),
        randomBytes: (count) => dice.bytes(count),
      },
    });
    const gates = operatedGates(devnet, options.keys, dice);
    // A node that lags is not to show the time before the genesis.
    devnet.controls.blocks.mine({ blocks: 20 });
    const world = new World(seed, options, scheduler, devnet, gates);
    for (const { name } of world.nodes.endpoints) devnet.controls.rpc.keepBlocks(keptBlocks, `/${name}`);
    await world.#evidence.start();
    await world.#signerProxy.start();
    for (let slot = 0; slot < options.broadcasters; slot += 1) await world.startBroadcaster(slot);
    return world;
  }

  private constructor(
    seed: string,
    options: WorldOptions,
    scheduler: Scheduler,
    devnet: Devnet,
    gates: readonly OperatedGate[],
  ) {
    this.#seed = seed;
    this.gateIds = gates.map(({ gateId }) => gateId);
    this.operatorKeys = gates.flatMap(({ relayer, approver }) =>
      [...relayer.keys, ...approver.keys].map(({ publicKey }) => publicKey),
    );
    this.scheduler = scheduler;
    this.#rightClock = new HostClock(scheduler);
    this.hosts = Array.from({ length: options.broadcasters }, () => new HostClock(scheduler));
    this.trace = new Trace(scheduler);
    this.devnet = devnet;
    this.network = new Network(scheduler, new Dice(`${seed} network`), this.trace, this.tally);
    this.bus = new SimBus(scheduler, this.network, new Dice(`${seed} bus`));
    this.nodes = new Nodes(devnet, new Dice(`${seed} nodes`), this.tally);
    this.#environment = {
      NEAR_RPC_URL: this.nodes.urls.join(),
      NEAR_CHAIN_ID: devnet.chainId,
      KEYSTORE_URL: devnet.keystoreUrl,
      KEYSTORE_AUTH_TOKEN: devnet.keystoreToken,
      ...gateVariables(gates),
      // In memory: the same store, by the same SQL, as on disk.
      DATABASE_URL: "sqlite::memory:",
      INTERNAL_WALLET_AUTH_TOKEN: token,
      GRANT_SECRET: "grant-secret-of-the-simulation-0123456789",
      USAGE_SECRET: "usage-secret-of-the-simulation-0123456789",
      WALLET_QUOTAS_JSON: wideQuotas,
      SERVICE_WALLET_ID: "service-wallet",
      ...options.environment,
    };
    const reader = new ConfigReader(this.#environment);
    const evidence = this.#process("evidence");
    const logger = this.#logger("evidence", evidence);
    const evidenceDeps = { ports: evidence.ports, bus: this.bus.of(evidence), logger };
    this.#evidence = createEvidence(readEvidenceConfig(reader), evidenceDeps);
    const signerProxy = this.#process("signer-proxy");
    this.#signerProxy = createSignerProxy(readSignerProxyConfig(reader), {
      ports: signerProxy.ports,
      logger: this.#logger("signer-proxy", signerProxy),
      post: fetchOverNetwork({
        network: this.network,
        from: signerProxy,
        label: (url) => url.slice(devnet.keystoreUrl.length),
        answer: (url, init) => this.nodes.keystore(url, init),
      }),
    });
    const planner = this.#process("planner");
    const from = { network: this.network, from: planner };
    this.#planner = createPlanner(readPlannerConfig(reader), {
      ports: planner.ports,
      logger: this.#logger("planner", planner),
      transports: {
        evidence: this.#patient(planner, this.#evidence, "planner", "evidence"),
        signerProxy: this.#patient(planner, this.#signerProxy, "planner", "signer-proxy"),
        broadcaster: patient(
          overNetwork(() => this.#reach(this.#anyBroadcaster().service, "planner", "broadcaster"), {
            ...from,
            to: () => this.#slots.find((slot) => slot !== undefined)?.process,
          }),
          planner.ports,
        ),
      },
    });
    reader.check();
    this.#client = this.#process("client");
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  get height(): number {
    return Number(this.devnet.chain.head.height);
  }

  /** The broadcasters that are there now, by slot. */
  get broadcasters(): readonly (RunningBroadcaster | undefined)[] {
    return this.#slots;
  }

  async startBroadcaster(slot: number): Promise<void> {
    this.#started += 1;
    const process = this.#process(`b${slot + 1}.${this.#started}`, this.hosts[slot]);
    const reader = new ConfigReader(this.#environment);
    const config = readBroadcasterConfig(reader);
    reader.check();
    const told = new ToldHeads(this.attempts);
    const service = createBroadcaster(config, {
      ports: process.ports,
      metrics: {
        ...noMetrics,
        counter: ({ name }) => {
          return ({ partition } = {}) => {
            if (name !== "lease_hand_overs_total") return;
            this.handOvers += 1;
            this.trace.note(`${process.name} hands ${partition} over`);
          };
        },
      },
      logger: this.#logger("broadcaster", process),
      bus: this.bus.of(process),
      transports: {
        evidence: told.evidence(this.#patient(process, this.#evidence, "broadcaster", "evidence")),
        signerProxy: this.#patient(process, this.#signerProxy, "broadcaster", "signer-proxy"),
      },
      post: told.nodes(
        fetchOverNetwork({
          network: this.network,
          from: process,
          label: (url, body) => this.nodes.label(url, body),
          answer: (url, init) => this.nodes.rpc(url, init),
        }),
      ),
    });
    this.#slots[slot] = { process, service };
    this.trace.note(`${process.name} started`);
    await service.start();
  }

  /** Takes a broadcaster's place away: it is dead, or about to stop. */
  vacate(slot: number): void {
    this.#slots[slot] = undefined;
  }

  /** A wallet's worker, or the gateway that speaks for a session. */
  planner(walletId: string) {
    const { from, headers } = callerFor(walletId);
    const transport = overNetwork(() => this.#reach(this.#planner, from, "planner"), {
      network: this.network,
      from: this.#client,
    });
    const client = createClient(PlannerService, transport);
    const call = { headers, timeoutMs: 5_000 };
    return {
      execute: (json: string) => client.executeWorkflow({ body: { case: "workflowJson", value: json } }, call),
      executeBatch: (json: string) => client.executeSequentialBatch({ body: { case: "batchJson", value: json } }, call),
      prepareUserKey: (json: string) => client.prepareDirectUserKey({ body: { case: "scopeJson", value: json } }, call),
      executeUserCall: (json: string) =>
        client.executeDirectUserCall({ body: { case: "callJson", value: json } }, call),
      cancel: (requestId: string) => client.cancelWorkflow({ requestId }, call),
    };
  }

  /** Who takes the other side of swaps. */
  get maker(): Maker {
    const dice = new Dice(`${this.#seed} maker`);
    return {
      sign: (diff) => {
        const wishes = { holdsMs: makerHoldsMs, nonce: dice.bytes(32) };
        return signIntents(this.devnet, makerId, [{ intent: "token_diff", diff }], wishes);
      },
    };
  }

  /** The records as they are, without the network in between. */
  records(walletId: string) {
    const { from, headers } = callerFor(walletId);
    const client = createClient(RecordService, this.#reach(this.#evidence, from, "evidence"));
    return {
      record: (requestId: string) => client.getRecord({ requestId }, { headers }),
      history: (requestId: string) => client.getHistory({ requestId }, { headers }),
    };
  }

  /** Whether every workflow has ended. */
  async isAllDone(): Promise<boolean> {
    const client = createClient(LogService, this.#reach(this.#evidence, "broadcaster", "evidence"));
    return (await client.listOpenWorkflows({ pageSize: 1 })).workflows.length === 0;
  }

  /** Waits in virtual time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.scheduler.after(ms, resolve);
    });
  }

  async close(): Promise<void> {
    for (const slot of this.#slots) slot?.process.kill();
    await this.devnet.close();
    await this.#evidence.close?.();
  }

  #anyBroadcaster(): RunningBroadcaster {
    const there = this.#slots.find((slot) => slot !== undefined);
    if (there === undefined) throw new ConnectError("no broadcaster is there", Code.Unavailable);
    return there;
  }

  #process(name: string, host = this.#rightClock): SimProcess {
    return new SimProcess(name, this.#seed, this.scheduler, host);
  }

  /** One a service and caller, for all processes: making one takes longer than many calls. */
  #reach(service: Service, from: ServiceName | undefined, to: ServiceName): Transport {
    const known = this.#transports.get(service) ?? new Map<ServiceName | undefined, Transport>();
    this.#transports.set(service, known);
    const guards = { logger: this.#logger(to), serviceToken };
    const transport = known.get(from) ?? inMemoryTransport(service.routes, guards, from);
    known.set(from, transport);
    return transport;
  }

  #patient(from: SimProcess, service: Service, name: ServiceName, to: ServiceName): Transport {
    const reached = this.#reach(service, name, to);
    const inner = to === "evidence" ? this.fencing.watch(reached) : reached;
    return patient(
      overNetwork(() => inner, { network: this.network, from }),
      from.ports,
    );
  }

  #logger(service: ServiceName, process?: SimProcess): Logger {
    const name = process?.name ?? service;
    const write = (line: string) => {
      const { level, msg, err, request_id } = JSON.parse(line);
      if (process?.isDead) return;
      const text = [request_id?.slice(-6), msg, err?.message].filter(Boolean).join(" ");
      this.trace.note(`${name} ${level}: ${text}`);
      // Refusals are logged as errors too, where they need somebody's attention; those have no exception.
      if ((level === "error" || level === "fatal") && err !== undefined) {
        this.errors.push(`${name}: ${text} ${err?.stack ?? ""} ${err?.cause?.stack ?? ""}`);
      }
    };
    return createLogger(service, "warn", { write });
  }
}

/**
 * Who calls for a wallet. The gateway has checked a session's token and vouches for it: tokens are checked on threads, whose time is
 * not the simulation's.
 */
function callerFor(walletId: string): {
  readonly from: ServiceName | undefined;
  readonly headers: Record<string, string>;
} {
  if (!isSessionWalletId(walletId)) {
    return { from: undefined, headers: { "x-wallet-id": walletId, "x-internal-wallet-auth": token } };
  }
  const sessionId = "0198c0de-0000-7000-8000-000000000001";
  return { from: "gateway", headers: { ...vouchingHeaders({ walletId, credential: "session", sessionId }) } };
}

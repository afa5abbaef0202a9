import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import type { Devnet, DevnetOptions } from "@outlayer/devnet";
import type { ProductDeps } from "@outlayer/embedded";
import { type Environment, remoteTransport } from "@outlayer/kit";
import { checkRun, type Posted } from "../checker/check.ts";
import { runOfSystem } from "../checker/run-of-system.ts";
import type { Violation } from "../checker/violation.ts";
import { install } from "../support/direct-user.ts";
import { gateVariables } from "../support/gate-variables.ts";
import { productEnvironment } from "../support/product-environment.ts";
import type { Answer, RestClient } from "../support/rest-client.ts";
import { chainsRegister } from "../support/steps.ts";
import { type System, serviceToken, startSystem } from "../support/system.ts";
import { KilledBroadcaster } from "./killed-broadcaster.ts";
import { Traps } from "./traps.ts";
import { delegateValidityBlocks } from "./troubles/chain.ts";
import { endpointNames } from "./troubles/endpoints.ts";
import type { Shape } from "./workflows.ts";

export interface WorldOptions {
  /** Milliseconds from block to block. */
  readonly blockTimeMs: number;
  /** E.g. where the database and NATS are; SQLite and none by default. */
  readonly environment?: Environment;
  /** Two endpoints of the node where set, else one. */
  readonly hasTwoEndpoints?: boolean;
  /** One by default. */
  readonly gates?: number;
  /** Processes that share the gates; one by default. */
  readonly broadcasters?: number;
  /** Shards of the chain, and how unkind it is. */
  readonly climate?: Pick<DevnetOptions, "shards" | "weather">;
  /** A bug of `test/simulation/mutants.ts` that the broadcaster has. */
  readonly mutant?: string | undefined;
}

/** Longest that a workflow may take to its end, milliseconds: it is stuck then, or the harness is. */
const patienceMs = 150_000;

/** The one that has a key for calls of its own; workflows of several gates are those of several wallets. */
const userWalletId = "wallet-1";

const furtherWalletIds = Array.from({ length: 5 }, (_, index) => `wallet-of-gates-${index}`);

/** Of the user's key, for as many calls as a world sees, yoctoNEAR. */
const allowance = 10n ** 24n;

/** A devnet and the product in this process, but for the broadcasters, each of which is one of its own and is killed. */
export class World {
  readonly system: System;
  readonly blockTimeMs: number;
  readonly traps: Traps;
  readonly #broadcasters: readonly KilledBroadcaster[];
  readonly #directory: string;
  readonly #posted: Posted[] = [];
  #begun = 0;

  private constructor(
    system: System,
    broadcasters: readonly KilledBroadcaster[],
    { blockTimeMs, traps, directory }: { blockTimeMs: number; traps: Traps; directory: string },
  ) {
    this.system = system;
    this.blockTimeMs = blockTimeMs;
    this.traps = traps;
    this.#broadcasters = broadcasters;
    this.#directory = directory;
  }

  static async start(options: WorldOptions): Promise<World> {
    const { blockTimeMs, environment = {}, hasTwoEndpoints = false, climate = {}, mutant, gates = 1 } = options;
    const directory = mkdtempSync(join(tmpdir(), "faults-"));
    const broadcasters: KilledBroadcaster[] = [];
    const wrap = broadcasterAt(() => broadcasters[0]?.url ?? "");
    const variables = (devnet: Devnet) => (gates === 1 ? {} : gateVariables(devnet.gates, directory));
    const wallets = gates === 1 ? {} : { wallets: walletIdsOf(gates).map((walletId) => ({ walletId })) };
    const system = await startSystem({
      devnet: { blockTimeMs, ...climate, genesis: { gates, ...wallets } },
      environment: { ...chainsRegister, ...environment },
      environmentOf: variables,
      wrap,
    });
    const traps = new Traps();
    const world = new World(system, broadcasters, { blockTimeMs, traps, directory });
    try {
      for (let index = 0; index < (options.broadcasters ?? 1); index += 1) {
        const broadcaster = await KilledBroadcaster.start({
          environment: {
            ...productEnvironment(system.devnet),
            SERVICE_TOKEN: serviceToken,
            LEASE_SECS: "1",
            DELEGATE_VALIDITY_BLOCKS: String(delegateValidityBlocks),
            NEAR_POLL_INTERVAL_MS: String(blockTimeMs),
            ...environment,
            ...variables(system.devnet),
          },
          evidenceUrl: system.product.grpc.evidence,
          signerProxyUrl: system.product.grpc["signer-proxy"],
          rpcUrl: system.devnet.rpcUrl,
          rpcPaths: hasTwoEndpoints ? endpointNames.map((name) => `/${name}`) : [""],
          traps,
          mutant,
        });
        broadcasters.push(broadcaster);
        // The first one drives everything, before others are there to share it with.
        if (index === 0) await broadcaster.drives();
      }
      await install(system, { allowance });
      return world;
    } catch (error) {
      // What it finds must not stand in front of that.
      await world.stop().catch(() => undefined);
      throw error;
    }
  }

  /** Of all that was posted. */
  get requestIds(): ReadonlySet<string> {
    return new Set(this.#posted.map(({ requestId }) => requestId));
  }

  get kills(): number {
    return this.#broadcasters.reduce((sum, { kills }) => sum + kills, 0);
  }

  /** Posts a workflow, again and again until it is accepted, as a worker does. @returns its request id */
  async begin(shape: Shape): Promise<string> {
    this.#begun += 1;
    const key = `${shape.name} ${this.#begun}`;
    const body = { ...shape.body(this.#begun), idempotency_key: key };
    const walletIds = walletIdsOf(shape.isUsers === true ? 1 : this.system.devnet.gates.length);
    const walletId = walletIds[this.#begun % walletIds.length] ?? userWalletId;
    const rest = this.system.rest(walletId);
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const { status, body: answer } = await rest.post(shape.path, body, { prefer: "wait=0" });
      if (status === 202 || status === 200) {
        this.#posted.push({ walletId, key, requestId: answer.request_id });
        return answer.request_id;
      }
      if (status !== 503 || Date.now() > giveUpAt) throw new Error(`${key}: ${status} ${JSON.stringify(answer)}`);
      await pause();
    }
  }

  /** Asks to cancel, as often as it takes to be heard. */
  async cancel(requestId: string): Promise<void> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const { status, body } = await this.#restOf(requestId).cancel(requestId, 0);
      if (status < 400) return;
      if (status !== 503 || Date.now() > giveUpAt) throw new Error(`${requestId}: ${status} ${JSON.stringify(body)}`);
      await pause();
    }
  }

  /** The record, once this holds for it. @throws Error when nothing comes of it */
  async until(requestId: string, holds: (record: Answer["body"]) => boolean): Promise<Answer["body"]> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const { status, body } = await this.#restOf(requestId).get(`/workflows/${requestId}?wait=1`);
      if (status === 200 && holds(body)) return body;
      if (Date.now() > giveUpAt) throw new Error(`${requestId} is stuck: ${status} ${JSON.stringify(inShort(body))}`);
      if (status !== 200) await pause();
    }
  }

  ended(requestId: string): Promise<Answer["body"]> {
    return this.until(requestId, ({ retry_after_ms }) => retry_after_ms === null);
  }

  /** What the chain and evidence say that must not be, of everything that was played. */
  async check(): Promise<readonly Violation[]> {
    return checkRun(await runOfSystem(this.system, this.#posted));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#broadcasters.map((broadcaster) => broadcaster.stop()));
    try {
      await this.system.stop();
    } finally {
      rmSync(this.#directory, { recursive: true });
    }
  }

  #restOf(requestId: string): RestClient {
    return this.system.rest(this.#posted.find((one) => one.requestId === requestId)?.walletId);
  }
}

/** Whose workflows a world posts. */
function walletIdsOf(gates: number): readonly string[] {
  return gates === 1 ? [userWalletId] : [userWalletId, ...furtherWalletIds];
}

function inShort({ status, version, error_code, queue, step_outcomes }: Answer["body"]): object {
  return { status, version, error_code, queue, step_outcomes };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

/** In place of the product's own broadcaster, for those that call it: one in another process. */
function broadcasterAt(url: () => string): NonNullable<ProductDeps["wrap"]> {
  const client = () =>
    createClient(BroadcasterService, remoteTransport(url(), { from: "planner", to: "broadcaster", serviceToken }));
  return {
    broadcaster: (service) => ({
      ...service,
      routes: {
        ...service.routes,
        register: (router) =>
          void router.service(BroadcasterService, {
            getGateFacts: (request) => client().getGateFacts(request),
            getDirectUserKey: (request) => client().getDirectUserKey(request),
            preflight: (request) => client().preflight(request),
          }),
      },
      async start() {},
      async stop() {},
      dependencies: () => [],
    }),
  };
}

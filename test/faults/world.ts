import { createClient } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import type { DevnetOptions } from "@outlayer/devnet";
import type { ProductDeps } from "@outlayer/embedded";
import { type Environment, remoteTransport } from "@outlayer/kit";
import { checkRun, type Posted } from "../checker/check.ts";
import { runOfSystem } from "../checker/run-of-system.ts";
import type { Violation } from "../checker/violation.ts";
import { install } from "../support/direct-user.ts";
import { productEnvironment } from "../support/product-environment.ts";
import type { Answer, RestClient } from "../support/rest-client.ts";
import { chainsRegister } from "../support/steps.ts";
import { type System, serviceToken, startSystem } from "../support/system.ts";
import { KilledBroadcaster } from "./killed-broadcaster.ts";
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
  /** Shards of the chain, and how unkind it is. */
  readonly climate?: Pick<DevnetOptions, "shards" | "weather">;
  /** A bug of `test/simulation/mutants.ts` that the broadcaster has. */
  readonly mutant?: string | undefined;
}

/** Longest that a workflow may take to its end, milliseconds: it is stuck then, or the harness is. */
const patienceMs = 150_000;

const walletId = "wallet-1";

/** Of the user's key, for as many calls as a world sees, yoctoNEAR. */
const allowance = 10n ** 24n;

/** A devnet and the product in this process, but for the broadcaster, which is one of its own and is killed. */
export class World {
  readonly system: System;
  readonly broadcaster: KilledBroadcaster;
  readonly blockTimeMs: number;
  readonly #posted: Posted[] = [];
  readonly #rest: RestClient;
  #begun = 0;

  private constructor(system: System, broadcaster: KilledBroadcaster, blockTimeMs: number) {
    this.system = system;
    this.blockTimeMs = blockTimeMs;
    this.broadcaster = broadcaster;
    this.#rest = system.rest(walletId);
  }

  static async start(options: WorldOptions): Promise<World> {
    const { blockTimeMs, environment = {}, hasTwoEndpoints = false, climate = {}, mutant } = options;
    let broadcaster: KilledBroadcaster | undefined;
    const wrap = broadcasterAt(() => broadcaster?.url ?? "");
    const system = await startSystem({
      devnet: { blockTimeMs, ...climate },
      environment: { ...chainsRegister, ...environment },
      wrap,
    });
    try {
      broadcaster = await KilledBroadcaster.start({
        environment: {
          ...productEnvironment(system.devnet),
          SERVICE_TOKEN: serviceToken,
          LEASE_SECS: "1",
          DELEGATE_VALIDITY_BLOCKS: String(delegateValidityBlocks),
          NEAR_POLL_INTERVAL_MS: String(blockTimeMs),
          ...environment,
        },
        evidenceUrl: system.product.grpc.evidence,
        signerProxyUrl: system.product.grpc["signer-proxy"],
        rpcUrl: system.devnet.rpcUrl,
        rpcPaths: hasTwoEndpoints ? endpointNames.map((name) => `/${name}`) : [""],
        mutant,
      });
      await broadcaster.drives();
      await install(system, { allowance });
      return new World(system, broadcaster, blockTimeMs);
    } catch (error) {
      await broadcaster?.stop();
      // What it finds must not stand in front of that.
      await system.stop().catch(() => undefined);
      throw error;
    }
  }

  /** Of all that was posted. */
  get requestIds(): ReadonlySet<string> {
    return new Set(this.#posted.map(({ requestId }) => requestId));
  }

  get kills(): number {
    return this.broadcaster.kills;
  }

  /** Posts a workflow, again and again until it is accepted, as a worker does. @returns its request id */
  async begin(shape: Shape): Promise<string> {
    this.#begun += 1;
    const key = `${shape.name} ${this.#begun}`;
    const body = { ...shape.body(this.#begun), idempotency_key: key };
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const { status, body: answer } = await this.#rest.post(shape.path, body, { prefer: "wait=0" });
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
      const { status, body } = await this.#rest.cancel(requestId, 0);
      if (status < 400) return;
      if (status !== 503 || Date.now() > giveUpAt) throw new Error(`${requestId}: ${status} ${JSON.stringify(body)}`);
      await pause();
    }
  }

  /** The record, once this holds for it. @throws Error when nothing comes of it */
  async until(requestId: string, holds: (record: Answer["body"]) => boolean): Promise<Answer["body"]> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const { status, body } = await this.#rest.get(`/workflows/${requestId}?wait=1`);
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
    await this.broadcaster.stop();
    await this.system.stop();
  }
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

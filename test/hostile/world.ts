import { constants, getPriority, setPriority } from "node:os";
import { type Devnet, startDevnet } from "@outlayer/devnet";
import { prepareReplicas, type Replicas } from "@outlayer/distributed";
import { type Environment, type ServiceName, serviceNames } from "@outlayer/kit";
import { borrowMongodb, borrowNats } from "@outlayer/test-servers";
import { callNow } from "../../devnet/src/control/contract-hand.ts";
import { compileCache } from "../support/compile-cache.ts";
import { serviceWalletId } from "../support/own-wallets.ts";
import { productEnvironment } from "../support/product-environment.ts";
import { counterparty } from "./attacks/swap.ts";
import { deployHostile } from "./contracts.ts";
import type { Honest } from "./honest-load.ts";
import { Probes } from "./measure/probes.ts";
import { type Stages, stagesOf } from "./measure/stages.ts";
import type { Targets } from "./targets.ts";
import {
  apiKeyOf,
  honestWallets,
  hostileWallets,
  loot,
  markerOf,
  near,
  unboundedWallets,
  usdc,
  walletGenesis,
} from "./tenants.ts";

/** How much lower the priority of the services is than that of the node. */
const behindTheNode = 4;

/** Milliseconds from block to block. */
const blockTimeMs = 200;

/** A process of a service that ended though nobody had asked it to. */
export interface Ended {
  readonly name: ServiceName;
  readonly code: number | null;
  /** The end of what it wrote to standard error. */
  readonly problems: string;
}

/** The five services as processes on a MongoDB and a NATS, a devnet in this one, and wallets of both kinds. */
export class HostileWorld {
  readonly devnet: Devnet;
  readonly targets: Targets;
  readonly probes: Probes;
  /** Processes that ended; others were started in their place. */
  readonly ended: Ended[] = [];
  /** Lines of logs that hold a secret. */
  readonly secretsInLogs: string[];
  readonly #replicas: Replicas;
  readonly #remove: () => Promise<void>;
  readonly #forgetting = setInterval(() => this.#forgetLogs(), 1_000);
  #isStopping = false;

  private constructor(
    devnet: Devnet,
    replicas: Replicas,
    probes: Probes,
    seed: number,
    secretsInLogs: string[],
    remove: () => Promise<void>,
  ) {
    this.devnet = devnet;
    this.#replicas = replicas;
    this.probes = probes;
    this.secretsInLogs = secretsInLogs;
    this.#remove = remove;
    const { restUrl, grpc, http } = replicas.addresses();
    const accountOf = (walletId: string) => devnet.controls.wallets.get(walletId).accountId;
    const hostile = Object.keys(hostileWallets).map((walletId) => {
      return [walletId, { walletId, apiKey: apiKeyOf(walletId), accountId: accountOf(walletId) }] as const;
    });
    this.targets = {
      restUrl,
      grpc,
      http,
      gateId: devnet.gateId,
      verifierId: devnet.verifierId,
      salt: devnet.controls.verifier.currentSalt,
      hostile: Object.fromEntries(hostile),
      markers: [...honestWallets.map(markerOf), ...honestWallets.map(accountOf)],
      seed,
    };
  }

  /** @throws Error that says what to install where there is no MongoDB or NATS to be had */
  static async start(seed: number): Promise<HostileWorld> {
    const undo: (() => Promise<unknown> | unknown)[] = [];
    const remove = async () => {
      for (const one of undo.reverse()) await one();
    };
    try {
      const mongodb = await borrowMongodb();
      undo.push(mongodb.stop);
      const nats = await borrowNats();
      undo.push(nats.stop);
      const devnet = await startDevnet({
        blockTimeMs,
        genesis: { wallets: walletGenesis(), balances: { [loot]: near } },
      });
      undo.push(() => devnet.close());
      // For the counterparty to give something back.
      deployHostile(devnet, [{ accountId: counterparty, tokens: { [usdc]: 1_000n } }]);
      const probes = new Probes();
      undo.push(() => probes.remove());
      const environment = environmentOf(devnet, mongodb.url, nats.url);
      const secretsInLogs: string[] = [];
      const replicas = await prepareReplicas({
        environment,
        compileCache,
        further: (name) => probes.variables(name),
        heard: logReader(environment, secretsInLogs),
      });
      const world = new HostileWorld(devnet, replicas, probes, seed, secretsInLogs, remove);
      undo.push(
        () => clearInterval(world.#forgetting),
        () => replicas.endAll("SIGKILL"),
      );
      await replicas.startAll();
      for (const name of serviceNames) world.#watch(name);
      return world;
    } catch (error) {
      await remove();
      throw error;
    }
  }

  /** Where honest workflows spent their time. */
  stagesOf(honest: readonly Honest[]): Promise<Stages[]> {
    return stagesOf(this.targets.http.evidence, honest);
  }

  /** Has somebody with an account of their own bring payloads to the verifier. @returns what it said against them, or null */
  carry(payloads: readonly unknown[]): string | null {
    try {
      const { chain, verifierId } = this.devnet;
      callNow(chain, { as: loot, receiver: verifierId, method: "execute_intents", args: { signed: payloads } });
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Their logs were read as they came: nothing of them is kept. */
  #forgetLogs(): void {
    for (const name of serviceNames) this.#replicas.running(name).lines.length = 0;
  }

  /** @returns exit codes of those that had to stop when told to */
  async stop(): Promise<Readonly<Record<string, number | null>>> {
    this.#isStopping = true;
    clearInterval(this.#forgetting);
    const codes = await this.#replicas.endAll();
    await this.#remove();
    return codes;
  }

  /** Starts another process for one that ended. */
  #watch(name: ServiceName): void {
    const replica = this.#replicas.running(name);
    // The node and the honest callers, which are this process, have machines of their own as well.
    setPriority(replica.pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + behindTheNode));
    void replica.exited.then((code) => {
      if (this.#isStopping) return;
      this.ended.push({ name, code, problems: replica.problems.slice(0, 1_500) });
      this.#replicas.start(name);
      this.#watch(name);
    });
  }
}

function environmentOf(devnet: Devnet, databaseUrl: string, natsUrl: string): Environment {
  const wallets = [...honestWallets, ...Object.keys(hostileWallets)];
  const keys = wallets.map((walletId) => [apiKeyOf(walletId), walletId]);
  const quotas = [
    // Those that are looked at for more than quotas must get past them.
    ...unboundedWallets.map((walletId) => [walletId, { plans_per_minute: 100_000 }]),
    // An hour's run is what an honest wallet does in many days.
    ...honestWallets.map((walletId) => [walletId, { starts_per_hour: 100_000, operator_near_per_day: "10000" }]),
  ];
  // What a wallet may hold of a process at once is what is tried here.
  const { WALLET_REQUESTS_IN_FLIGHT, WALLET_LONG_POLLS, WALLET_EVENT_STREAMS, ...product } = productEnvironment(devnet);
  return {
    ...product,
    SERVICE_TOKEN: "service-token-of-the-hostile-run-0123456789ab",
    WALLET_API_KEYS_JSON: JSON.stringify(Object.fromEntries(keys)),
    SESSION_SECRET_KEYS: "5e".repeat(32),
    SESSION_AUDIENCE: "wallet.example",
    SERVICE_WALLET_ID: serviceWalletId,
    GRPC_REFLECTION: "false",
    DATABASE_URL: databaseUrl,
    NATS_URL: natsUrl,
    NEAR_POLL_INTERVAL_MS: String(blockTimeMs / 2),
    WALLET_QUOTAS_JSON: JSON.stringify(Object.fromEntries(quotas)),
    // What a wallet cannot cancel is dead within the run.
    INTENTS_DEADLINE_SECS: "60",
  };
}

/** Looks into every line for what no log may hold. */
function logReader(environment: Environment, found: string[]): (line: string) => void {
  const names = [
    "INTERNAL_WALLET_AUTH_TOKEN",
    "SERVICE_TOKEN",
    "GRANT_SECRET",
    "USAGE_SECRET",
    "KEYSTORE_AUTH_TOKEN",
    "SESSION_SECRET_KEYS",
  ];
  const keys = ["RELAYER_SECRET_KEY", "APPROVER_SECRET_KEY"].map((name) => environment[name]?.replace("ed25519:", ""));
  const secrets = [...names.map((name) => environment[name]), ...keys, "wk_of_", "nep413", "eyJhbGciOi"].flatMap(
    (secret) => (secret === undefined || secret === "" ? [] : [secret]),
  );
  return (line) => {
    if (found.length < 10 && secrets.some((secret) => line.includes(secret))) found.push(line.slice(0, 600));
  };
}

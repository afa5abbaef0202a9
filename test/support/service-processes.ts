import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Devnet, type DevnetOptions, startDevnet } from "@outlayer/devnet";
import { prepareReplicas, type Replica, type Replicas, type ReplicasOptions } from "@outlayer/distributed";
import type { Environment, ServiceName } from "@outlayer/kit";
import { internalToken, productEnvironment } from "./product-environment.ts";
import { RestClient } from "./rest-client.ts";
import { assertHoldNone, secretsOfEnvironment, secretsOnChain } from "./secrets.ts";
import { fastStarts } from "./service-programs.ts";

/**
 * Milliseconds from block to block, unless a test wants others. Signatures are sent for 150 blocks, and intents resumed for about
 * as many: long enough for a process to be stopped and started again on a busy machine.
 */
const blockMs = 200;

/** The services as processes of their own, on a SQLite file unless the environment names a database, and a devnet in this one. */
export class ServiceProcesses {
  readonly devnet: Devnet;
  readonly replicas: Replicas;
  /** Of the first gateway. */
  readonly rest: RestClient;
  readonly restUrl: string;
  readonly #directory: string;
  readonly #logs: readonly string[];
  readonly #environments: readonly Environment[];

  private constructor(
    devnet: Devnet,
    replicas: Replicas,
    logs: readonly string[],
    environments: readonly Environment[],
    directory: string,
  ) {
    this.devnet = devnet;
    this.replicas = replicas;
    this.#logs = logs;
    this.#environments = environments;
    this.#directory = directory;
    this.restUrl = replicas.restUrl();
    this.rest = this.restOf(0);
  }

  /** @param options an environment that goes above that of the tests; `environmentOf` gets a directory that goes with them */
  static async prepare(
    options: Partial<ReplicasOptions> & {
      readonly devnet?: DevnetOptions;
      readonly environmentOf?: (devnet: Devnet, directory: string) => Environment;
    } = {},
  ): Promise<ServiceProcesses> {
    const devnet = await startDevnet({ blockTimeMs: blockMs, ...options.devnet });
    const directory = mkdtempSync(join(tmpdir(), "processes-"));
    const database = { DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}` };
    const ofDevnet = options.environmentOf?.(devnet, directory);
    const environment = { ...productEnvironment(devnet), ...database, ...options.environment, ...ofDevnet };
    const logs: string[] = [];
    const environments: Environment[] = [environment];
    const heard = (line: string) => {
      logs.push(line);
      options.heard?.(line);
    };
    const further: ReplicasOptions["further"] = (name, index) => {
      const variables = options.further?.(name, index) ?? {};
      environments.push(variables);
      return variables;
    };
    const replicas = await prepareReplicas({ ...(await fastStarts()), ...options, environment, further, heard });
    return new ServiceProcesses(devnet, replicas, logs, environments, directory);
  }

  /** REST of one gateway. */
  restOf(index: number, walletId = "wallet-1"): RestClient {
    return new RestClient(() => this.replicas.restUrl(index), walletId, internalToken);
  }

  /** Starts a process of a service, whether or not others are there. */
  start(name: ServiceName, index = 0): Replica {
    return this.replicas.start(name, index);
  }

  startAll(): Promise<void> {
    return this.replicas.startAll();
  }

  running(name: ServiceName, index = 0): Replica {
    return this.replicas.running(name, index);
  }

  grpcUrl(name: ServiceName, index = 0): string {
    return this.replicas.grpcUrl(name, index);
  }

  httpUrl(name: ServiceName, index = 0): string {
    return this.replicas.httpUrl(name, index);
  }

  /**
   * Ends all that runs; for the end of a test. What logs hold is looked at here and not when this is disposed of, where it
   * would stand in front of what the test itself found.
   * @returns the exit codes
   * @throws AssertionError when a log holds a secret
   */
  async endAll(signal?: NodeJS.Signals): Promise<Readonly<Record<string, number | null>>> {
    const codes = await this.replicas.endAll(signal);
    assertHoldNone(this.#logs, ...this.#environments.map(secretsOfEnvironment), secretsOnChain(this.devnet));
    return codes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.replicas.endAll("SIGKILL");
    await this.devnet.close();
    rmSync(this.#directory, { recursive: true });
  }
}

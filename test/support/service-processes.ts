import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Devnet, type DevnetOptions, startDevnet } from "@outlayer/devnet";
import { prepareReplicas, type Replica, type Replicas, type ReplicasOptions } from "@outlayer/distributed";
import type { ServiceName } from "@outlayer/kit";
import { compileCache } from "./compile-cache.ts";
import { internalToken, productEnvironment } from "./product-environment.ts";
import { RestClient } from "./rest-client.ts";
import { blockMs } from "./system.ts";

/** The services as processes of their own, on a SQLite file unless the environment names a database, and a devnet in this one. */
export class ServiceProcesses {
  readonly devnet: Devnet;
  readonly replicas: Replicas;
  /** Of the first gateway. */
  readonly rest: RestClient;
  readonly restUrl: string;
  readonly #directory: string;

  private constructor(devnet: Devnet, replicas: Replicas, directory: string) {
    this.devnet = devnet;
    this.replicas = replicas;
    this.#directory = directory;
    this.restUrl = replicas.restUrl();
    this.rest = this.restOf(0);
  }

  /** @param options an environment that goes above that of the tests */
  static async prepare(options: Partial<ReplicasOptions> & { devnet?: DevnetOptions } = {}): Promise<ServiceProcesses> {
    const devnet = await startDevnet({ blockTimeMs: blockMs, ...options.devnet });
    const directory = mkdtempSync(join(tmpdir(), "processes-"));
    const database = { DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}` };
    const environment = { ...productEnvironment(devnet), ...database, ...options.environment };
    return new ServiceProcesses(devnet, await prepareReplicas({ compileCache, ...options, environment }), directory);
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

  /** Ends all that runs. @returns the exit codes */
  endAll(): Promise<Readonly<Record<string, number | null>>> {
    return this.replicas.endAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.replicas.endAll("SIGKILL");
    await this.devnet.close();
    rmSync(this.#directory, { recursive: true });
  }
}

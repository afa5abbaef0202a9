import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, prepareReplicas, type Replicas } from "@outlayer/distributed";
import { type Environment, type ServiceName, serviceNames, systemPorts } from "@outlayer/kit";
import { borrowMongodb, borrowNats } from "@outlayer/test-servers";
import { startDevnetProcess } from "../../embedded/src/devnet-process.ts";
import { localEnvironment } from "../../embedded/src/local-environment.ts";
import { wideBounds } from "../../test/support/product-environment.ts";
import { RestClient } from "../../test/support/rest-client.ts";
import type { CallCounts } from "./bench-system.ts";
import { Inspector } from "./inspector.ts";
import { kilobytesOf, type ProcessUsage, usageOf } from "./process-usage.ts";

/** The five services as processes with an inspector, and a devnet as another one. */
export class SoakSystem {
  /** The database of evidence, and the bus. */
  readonly stands: string;
  readonly #replicas: Replicas;
  readonly #inspectors: ReadonlyMap<ServiceName, Inspector>;
  readonly #devnetPid: number;
  readonly #controlUrl: string;
  readonly #token: string;
  readonly #started: AsyncDisposableStack;

  private constructor(
    parts: {
      readonly stands: string;
      readonly replicas: Replicas;
      readonly inspectors: ReadonlyMap<ServiceName, Inspector>;
      readonly devnetPid: number;
      readonly controlUrl: string;
      readonly token: string;
    },
    started: AsyncDisposableStack,
  ) {
    this.stands = parts.stands;
    this.#replicas = parts.replicas;
    this.#inspectors = parts.inspectors;
    this.#devnetPid = parts.devnetPid;
    this.#controlUrl = parts.controlUrl;
    this.#token = parts.token;
    this.#started = started;
  }

  /**
   * @param wallets that get enough for many transfers
   * @param usesSqlite SQLite even where a MongoDB is available
   * @param heard gets each line of each service's log
   */
  static async start(
    blockTimeMs: number,
    wallets: readonly string[],
    usesSqlite: boolean,
    heard: (line: string) => void,
  ): Promise<SoakSystem> {
    await using started = new AsyncDisposableStack();
    const { stands, variables } = await startServers(started, usesSqlite);
    const devnet = await startDevnetProcess(blockTimeMs);
    started.defer(devnet.stop);
    const { devnet_control: control, relayer, approver } = devnet.info;
    const balance = String(10n ** 29n);
    for (const { account_id } of [relayer, approver]) await post(`${control}/accounts/${account_id}`, { balance });
    for (const wallet of wallets) {
      const { account_id } = (await (await fetch(`${control}/wallets/${wallet}`)).json()) as { account_id: string };
      await post(`${control}/verifier/credit`, {
        account_id,
        token_id: "nep141:wrap.near",
        amount: String(10n ** 27n),
      });
    }
    const environment: Environment = {
      ...localEnvironment(devnet.info, blockTimeMs, systemPorts().random),
      ...wideBounds,
      ...variables,
    };
    const { ports, release } = await freePorts(serviceNames.length);
    started.defer(async () => release());
    const portOf = (name: ServiceName) => ports[serviceNames.indexOf(name)] ?? 0;
    const further = (name: ServiceName) => ({ NODE_OPTIONS: `--inspect=127.0.0.1:${portOf(name)}` });
    const replicas = await prepareReplicas({ environment, further, heard });
    started.defer(async () => void (await replicas.endAll()));
    await replicas.startAll();
    const inspectors = new Map<ServiceName, Inspector>();
    for (const name of serviceNames) {
      const inspector = await Inspector.of(portOf(name));
      started.defer(async () => inspector.close());
      inspectors.set(name, inspector);
    }
    const token = environment.INTERNAL_WALLET_AUTH_TOKEN ?? "";
    const parts = { stands, replicas, inspectors, devnetPid: devnet.pid, controlUrl: control, token };
    return new SoakSystem(parts, started.move());
  }

  get restUrl(): string {
    return this.#replicas.restUrl();
  }

  get token(): string {
    return this.#token;
  }

  /** HTTP/1.1 URL of a service. */
  httpUrl(name: ServiceName): string {
    return this.#replicas.httpUrl(name);
  }

  /** Of all services so far, milliseconds. */
  cpuMs(): number {
    return serviceNames.reduce((sum, name) => sum + usageOf(this.#replicas.running(name).pid).cpuMs, 0);
  }

  rest(walletId: string): RestClient {
    return new RestClient(() => this.#replicas.restUrl(), walletId, this.#token);
  }

  /** After a collection. */
  async usage(name: ServiceName): Promise<ProcessUsage> {
    const heapBytes = await this.#inspector(name).heapBytes();
    return { heapBytes, ...usageOf(this.#replicas.running(name).pid) };
  }

  /** Peak resident memory of a process so far, bytes. */
  peakRssBytes(name: ServiceName): number {
    return 1024 * kilobytesOf("VmHWM", this.#replicas.running(name).pid);
  }

  /** Height of the optimistic head. */
  async head(): Promise<number> {
    return ((await (await fetch(`${this.#controlUrl}/`)).json()) as { head: { height: number } }).head.height;
  }

  /** Stops the devnet's blocks, or lets them go on. */
  blocks(what: "stop" | "go"): Promise<void> {
    return post(`${this.#controlUrl}/${what}`, {});
  }

  async rpcCalls(): Promise<CallCounts> {
    return ((await (await fetch(`${this.#controlUrl}/counters`)).json()) as { rpc: CallCounts }).rpc;
  }

  devnetUsage(): Omit<ProcessUsage, "heapBytes"> {
    return usageOf(this.#devnetPid);
  }

  /** Writes a heap snapshot of each process. */
  async writeHeapSnapshots(directory: string, label: string): Promise<void> {
    for (const [name, inspector] of this.#inspectors) {
      await inspector.writeHeapSnapshot(join(directory, `${name}-${label}.heapsnapshot`));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }

  #inspector(name: ServiceName): Inspector {
    const inspector = this.#inspectors.get(name);
    if (inspector === undefined) throw new RangeError(`${name} is not looked into`);
    return inspector;
  }
}

/** A MongoDB and a NATS, or their substitutes where there are none. */
async function startServers(
  started: AsyncDisposableStack,
  usesSqlite: boolean,
): Promise<{ readonly stands: string; readonly variables: Environment }> {
  const mongodb = usesSqlite ? undefined : await borrowMongodb().catch(withoutServer);
  if (mongodb !== undefined) started.defer(mongodb.stop);
  const nats = await borrowNats().catch(withoutServer);
  if (nats !== undefined) started.defer(nats.stop);
  const directory = mkdtempSync(join(tmpdir(), "soak-"));
  started.defer(async () => rmSync(directory, { recursive: true }));
  const DATABASE_URL = mongodb?.url ?? `sqlite:${join(directory, "evidence.sqlite")}`;
  return {
    stands: `${mongodb?.name ?? "SQLite"}, ${nats === undefined ? "without NATS" : "NATS"}`,
    variables: { DATABASE_URL, ...(nats === undefined ? {} : { NATS_URL: nats.url }) },
  };
}

function withoutServer(error: Error): undefined {
  process.stderr.write(`${error.message}\n`);
}

async function post(url: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`devnet control: ${await response.text()}`);
}

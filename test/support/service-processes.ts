import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Devnet, startDevnet } from "@outlayer/devnet";
import { type ServiceName, serviceNames } from "@outlayer/kit";
import { RestClient } from "./rest-client.ts";
import { blockMs, internalToken } from "./system.ts";

export type Variables = Readonly<Record<string, string>>;

/** A line of a service's log. */
export interface LogLine {
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** Runs a service's own main. Nothing of this process's environment reaches it but what Node needs. */
export function spawnService(name: ServiceName, variables: Variables): ChildProcess {
  const main = fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url));
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    env: { PATH: process.env.PATH ?? "", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** A service in a process of its own. */
export class ServiceUnderTest {
  readonly lines: LogLine[] = [];
  readonly exited: Promise<number | null>;
  problems = "";
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];

  constructor(name: ServiceName, variables: Variables) {
    this.#child = spawnService(name, variables);
    this.exited = once(this.#child, "close").then(([code]) => code);
    this.#child.stderr?.on("data", (chunk) => (this.problems += String(chunk)));
    assert.ok(this.#child.stdout);
    createInterface(this.#child.stdout).on("line", (line) => {
      this.lines.push(JSON.parse(line));
      this.#tell();
    });
    void this.exited.then(() => this.#tell());
  }

  /** The first line that this holds for. @throws Error when the process ends without one */
  async line(holds: (line: LogLine) => boolean): Promise<LogLine> {
    for (;;) {
      const found = this.lines.find(holds);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`ended before that line: ${this.problems}`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  ready(): Promise<LogLine> {
    return this.line(({ msg }) => msg === "ready");
  }

  /** @returns its exit code */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited;
  }

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** The five services, each in a process of its own on ports known beforehand, and a devnet in this one. */
export class ServiceProcesses {
  readonly devnet: Devnet;
  readonly rest: RestClient;
  readonly restUrl: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "processes-"));
  readonly #ports: Readonly<Record<ServiceName, { grpc: number; http: number }>>;
  readonly #variables: (name: ServiceName) => Variables;
  readonly #scheme: string;
  readonly #running = new Map<ServiceName, ServiceUnderTest>();

  private constructor(
    devnet: Devnet,
    ports: readonly number[],
    scheme: string,
    variables: (name: ServiceName) => Variables,
  ) {
    this.devnet = devnet;
    this.#scheme = scheme;
    this.#variables = variables;
    const [rest = 0, ...others] = ports;
    this.restUrl = `http://127.0.0.1:${rest}`;
    this.#ports = Object.fromEntries(
      serviceNames.map((name, index) => [name, { grpc: others[2 * index], http: others[2 * index + 1] }]),
    ) as Record<ServiceName, { grpc: number; http: number }>;
    this.rest = new RestClient(() => this.restUrl, "wallet-1", internalToken);
  }

  /** @param variables further ones of each service */
  static async prepare(
    scheme = "http",
    variables: (name: ServiceName) => Variables = () => ({}),
  ): Promise<ServiceProcesses> {
    return new ServiceProcesses(
      await startDevnet({ blockTimeMs: blockMs }),
      await freePorts(1 + 2 * serviceNames.length),
      scheme,
      variables,
    );
  }

  /** Starts a service, whether or not others are there. */
  start(name: ServiceName): ServiceUnderTest {
    const service = new ServiceUnderTest(name, { ...this.#environment(name), ...this.#variables(name) });
    this.#running.set(name, service);
    return service;
  }

  async startAll(): Promise<void> {
    await Promise.all(serviceNames.map((name) => this.start(name).ready()));
  }

  running(name: ServiceName): ServiceUnderTest {
    const service = this.#running.get(name);
    if (service === undefined) throw new Error(`${name} was not started`);
    return service;
  }

  grpcUrl(name: ServiceName): string {
    return `${this.#scheme}://127.0.0.1:${this.#ports[name].grpc}`;
  }

  httpUrl(name: ServiceName): string {
    return `http://127.0.0.1:${this.#ports[name].http}`;
  }

  /** Ends all that runs. @returns the exit codes */
  async endAll(): Promise<Readonly<Record<string, number | null>>> {
    const codes = await Promise.all([...this.#running].map(async ([name, service]) => [name, await service.end()]));
    this.#running.clear();
    return Object.fromEntries(codes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map((service) => service.end("SIGKILL")));
    await this.devnet.close();
    rmSync(this.#directory, { recursive: true });
  }

  #environment(name: ServiceName): Variables {
    const { devnet } = this;
    const wallets = { INTERNAL_WALLET_AUTH_TOKEN: internalToken };
    const [planner, evidence, signerProxy, broadcaster] = [
      { PLANNER_URL: this.grpcUrl("planner") },
      { EVIDENCE_URL: this.grpcUrl("evidence") },
      { SIGNER_PROXY_URL: this.grpcUrl("signer-proxy") },
      { BROADCASTER_URL: this.grpcUrl("broadcaster") },
    ];
    const own: Readonly<Record<ServiceName, Variables>> = {
      gateway: { ...wallets, ...planner, ...evidence, BIND_ADDR: new URL(this.restUrl).host },
      planner: { ...wallets, ...evidence, ...signerProxy, ...broadcaster },
      "signer-proxy": {
        KEYSTORE_URL: devnet.keystoreUrl,
        KEYSTORE_AUTH_TOKEN: devnet.keystoreToken,
        GRANT_SECRET: "grant-secret-of-the-tests-0123456789",
      },
      broadcaster: {
        ...evidence,
        ...signerProxy,
        NEAR_RPC_URL: devnet.rpcUrl,
        NEAR_CHAIN_ID: devnet.chainId,
        NEAR_POLL_INTERVAL_MS: "15",
        RELAYER_ACCOUNT_ID: devnet.relayer.accountId,
        RELAYER_SECRET_KEY: devnet.relayer.secretKey,
        APPROVER_ACCOUNT_ID: devnet.approver.accountId,
        APPROVER_SECRET_KEY: devnet.approver.secretKey,
      },
      evidence: { ...wallets, DATABASE_URL: `sqlite:${join(this.#directory, "evidence.sqlite")}` },
    };
    const { grpc, http } = this.#ports[name];
    return { ...own[name], GRPC_BIND_ADDR: `127.0.0.1:${grpc}`, HTTP_BIND_ADDR: `127.0.0.1:${http}` };
  }
}

/**
 * Ports that were free a moment ago, below those that systems give to outgoing connections and to port 0: one of those
 * could be taken again before its service comes, or comes back.
 */
async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await Promise.race([
      once(server, "listening").then(() => true),
      once(server, "error").then(() => false),
    ]).catch(() => false);
    if (!isFree) continue;
    found.add(port);
    await once(server.close(), "close");
  }
  return [...found];
}

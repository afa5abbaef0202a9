import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareReplicas, type Replicas } from "@outlayer/distributed";
import { type Environment, serviceNames, systemPorts } from "@outlayer/kit";
import { borrowNats } from "@outlayer/test-servers";
import { type DevnetInfo, startDevnetProcess } from "../../embedded/src/devnet-process.ts";
import { localEnvironment } from "../../embedded/src/local-environment.ts";
import { type GateAccounts, gateVariables } from "../../test/support/gate-variables.ts";
import { wideBounds } from "../../test/support/product-environment.ts";
import { RestClient } from "../../test/support/rest-client.ts";
import { chainsRegister } from "../../test/support/steps.ts";
import { usageOf } from "./process-usage.ts";

/** A devnet with several gates, and the services as processes, with several broadcasters. */
export class ScaleSystem {
  readonly gateIds: readonly string[];
  readonly #info: DevnetInfo;
  readonly #replicas: Replicas;
  readonly #token: string;
  /** Indices of the broadcasters that run. */
  readonly #broadcasters: Set<number>;
  readonly #started: AsyncDisposableStack;

  private constructor(
    info: DevnetInfo,
    replicas: Replicas,
    token: string,
    broadcasters: Set<number>,
    started: AsyncDisposableStack,
  ) {
    this.gateIds = info.gates.map(({ gate_id }) => gate_id);
    this.#info = info;
    this.#replicas = replicas;
    this.#token = token;
    this.#broadcasters = broadcasters;
    this.#started = started;
  }

  /** @param room number of broadcasters that may ever run; the first `broadcasters` are started */
  static async start(gates: number, broadcasters: number, room: number, blockMs: number): Promise<ScaleSystem> {
    await using started = new AsyncDisposableStack();
    // Without a bus each broadcaster would learn of new work by its list alone.
    const nats = await borrowNats();
    started.defer(nats.stop);
    const directory = mkdtempSync(join(tmpdir(), "scale-"));
    started.defer(async () => rmSync(directory, { recursive: true }));
    const { info, stop } = await startDevnetProcess(blockMs, 1, gates);
    started.defer(stop);
    const environment: Environment = {
      ...localEnvironment(info, blockMs, systemPorts().random),
      ...wideBounds,
      ...chainsRegister,
      ...(gates === 1 ? {} : gateVariables(gatesOf(info), directory)),
      NEAR_POLL_INTERVAL_MS: String(blockMs),
      DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}`,
      NATS_URL: nats.url,
    };
    const replicas = await prepareReplicas({ environment, counts: { broadcaster: room } });
    started.defer(async () => void (await replicas.endAll()));
    const others = serviceNames.filter((name) => name !== "broadcaster").map((name) => replicas.start(name));
    const indices = Array.from({ length: broadcasters }, (_, index) => index);
    const those = indices.map((index) => replicas.start("broadcaster", index));
    await Promise.all([...others, ...those].map((replica) => replica.ready()));
    const token = environment.INTERNAL_WALLET_AUTH_TOKEN ?? "";
    const system = new ScaleSystem(info, replicas, token, new Set(indices), started.move());
    await system.#fund();
    return system;
  }

  rest(walletId: string): RestClient {
    return new RestClient(() => this.#replicas.restUrl(), walletId, this.#token);
  }

  /** Height of the optimistic head. */
  async head(): Promise<number> {
    return ((await (await fetch(`${this.#info.devnet_control}/`)).json()) as { head: { height: number } }).head.height;
  }

  /** Starts the broadcaster with this index. @returns once it is ready */
  async startBroadcaster(index: number): Promise<void> {
    await this.#replicas.start("broadcaster", index).ready();
    this.#broadcasters.add(index);
  }

  async endBroadcaster(index: number, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#broadcasters.delete(index);
    await this.#replicas.running("broadcaster", index).end(signal);
  }

  /** Partitions that a broadcaster drives. */
  async heldBy(index: number): Promise<readonly string[]> {
    const text = await (await fetch(`${this.#replicas.httpUrl("broadcaster", index)}/metrics`)).text();
    return [...text.matchAll(/^lease_held\{partition="([^"]+)"\} 1$/gm)].map(([, partition]) => partition ?? "");
  }

  /** Of all services so far, milliseconds of processor time. */
  cpuMs(): number {
    const others = serviceNames.flatMap((name) => (name === "broadcaster" ? [] : [this.#replicas.running(name)]));
    const those = [...this.#broadcasters].map((index) => this.#replicas.running("broadcaster", index));
    return [...others, ...those].reduce((sum, { pid }) => sum + usageOf(pid).cpuMs, 0);
  }

  /** Resident memory of the first broadcaster, bytes. */
  broadcasterRssBytes(): number {
    return usageOf(this.#replicas.running("broadcaster").pid).rssBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }

  async #fund(): Promise<void> {
    const body = JSON.stringify({ balance: String(10n ** 29n) });
    const headers = { "content-type": "application/json" };
    for (const { relayer, approver } of this.#info.gates) {
      for (const { account_id } of [relayer, approver]) {
        const url = `${this.#info.devnet_control}/accounts/${account_id}`;
        const response = await fetch(url, { method: "POST", headers, body });
        if (!response.ok) throw new Error(`devnet control: ${await response.text()}`);
      }
    }
  }
}

/** The gates as the product's variables name them. */
function gatesOf({ gates }: DevnetInfo): readonly GateAccounts[] {
  const account = ({ account_id, secret_key }: DevnetInfo["relayer"]) => ({
    accountId: account_id,
    secretKey: secret_key,
  });
  return gates.map(({ gate_id, relayer, approver }) => ({
    gateId: gate_id,
    relayer: account(relayer),
    approver: account(approver),
  }));
}

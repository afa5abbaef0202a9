import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Environment } from "@outlayer/kit";
import type { UpInfo } from "../../embedded/src/up-info.ts";
import { wideBounds } from "../../test/support/product-environment.ts";
import { RestClient } from "../../test/support/rest-client.ts";
import type { Usage } from "./product-process.ts";

/** Number of calls by RPC method; `query` also by request type and view. */
export type CallCounts = Readonly<Record<string, number>>;

/** The product and a devnet, each in a process of its own, seen by a client and by the devnet's control. */
export class BenchSystem {
  readonly #process: ChildProcess;
  readonly #info: UpInfo;

  private constructor(process: ChildProcess, info: UpInfo) {
    this.#process = process;
    this.#info = info;
  }

  static async start(blockMs: number, environment: Environment, shards = 1): Promise<BenchSystem> {
    const main = fileURLToPath(new URL("product-process.ts", import.meta.url));
    const argv = [String(blockMs), JSON.stringify({ ...wideBounds, ...environment }), String(shards)];
    const child = fork(main, argv, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the product ended with ${code} before it ran`);
    });
    const [info] = await Promise.race([once(child, "message"), ended]);
    ended.catch(() => {});
    return new BenchSystem(child, info as UpInfo);
  }

  get info(): UpInfo {
    return this.#info;
  }

  rest(walletId: string): RestClient {
    return new RestClient(() => this.#info.rest, walletId, this.#info.internal_token);
  }

  /** Gives a wallet enough for many small transfers. */
  async fund(walletId: string): Promise<void> {
    const { account_id } = await this.control("GET", `/wallets/${walletId}`);
    const amount = "1000000000000000000000000";
    await this.control("POST", "/verifier/credit", { account_id, token_id: "nep141:wrap.near", amount });
  }

  /** Gives the operator's accounts enough for that many workflows. */
  async fundOperator(): Promise<void> {
    const balance = String(10n ** 29n);
    for (const id of [this.#info.relayer, this.#info.approver])
      await this.control("POST", `/accounts/${id}`, { balance });
  }

  /** Height of the optimistic head. */
  async head(): Promise<number> {
    return (await this.control("GET", "/")).head.height;
  }

  async rpcCalls(): Promise<CallCounts> {
    return (await this.control("GET", "/counters")).rpc;
  }

  async usage(): Promise<Usage> {
    const answer = once(this.#process, "message");
    this.#process.send("usage");
    return (await answer)[0] as Usage;
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await exit;
  }

  /** Asks the devnet's control. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  async control(method: string, path: string, body?: object): Promise<any> {
    const response = await asked(() =>
      fetch(`${this.#info.devnet_control}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
    );
    if (!response.ok) throw new Error(`devnet control ${path}: ${await response.text()}`);
    const text = await response.text();
    return text === "" ? undefined : JSON.parse(text);
  }
}

/** Repeats a request once if its idle connection was closed just as it was used again. Only for idempotent requests. */
export async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return ask();
  }
}

/** Calls made between two counts, without methods that were not called. */
export function callsBetween(before: CallCounts, after: CallCounts): CallCounts {
  const made = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(made.filter(([, count]) => count > 0));
}

/** Sum of all calls; `query` counts once. */
export function totalOf(counts: CallCounts): number {
  return Object.entries(counts).reduce((sum, [name, count]) => (name.includes(":") ? sum : sum + count), 0);
}

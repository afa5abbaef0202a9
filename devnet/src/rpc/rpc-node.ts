import type { Chain } from "../chain/chain.ts";
import type { ChainView } from "../chain/chain-view.ts";
import { InvalidTransaction } from "../chain/errors.ts";
import type { Transaction } from "../chain/types.ts";
import type { CallCounters } from "../control/counters.ts";
import { type Fault, type FaultPlan, underFaults } from "../control/faults.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer, textAnswer } from "../control/http-server.ts";
import { JsonText, parseLossless, stringifyLossless } from "../control/lossless-json.ts";
import type { Ports } from "../ports.ts";
import type { QueryErrors, RpcCall } from "./rpc-call.ts";
import { internalError, methodNotFound, parseError, RpcError } from "./rpc-error.ts";
import { rpcMethods } from "./rpc-methods.ts";

export interface RpcNodeOptions {
  readonly chain: Chain;
  readonly ports: Ports;
  readonly faults: FaultPlan;
  readonly counters: CallCounters;
}

interface Request {
  readonly id: unknown;
  readonly method: string;
  readonly params: unknown;
}

/** nearcore's `polling_timeout`. */
const pollTimeoutMs = 10_000;

/** A node's JSON-RPC, called by HTTP requests but without a socket of its own. */
export class RpcNode {
  /** Away, it breaks every connection. */
  isAway = false;
  queryErrors: QueryErrors = "result";
  /** Blocks that nodes keep, by path; nodes without an entry keep everything. */
  readonly keptBlocks = new Map<string, number>();
  readonly #options: RpcNodeOptions;
  readonly #polls = new Set<() => void>();
  readonly #late = new Map<Transaction, bigint>();
  readonly #stopListening: () => void;

  constructor(options: RpcNodeOptions) {
    this.#options = options;
    this.#stopListening = options.chain.onChange(() => this.#arrive());
  }

  readonly handle = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (this.isAway) return "reset";
    if (request.method === "GET") return this.#get(request.path);
    if (request.method !== "POST") return textAnswer(405, "");
    let call: Request;
    try {
      call = readRequest(request.body);
    } catch (error) {
      return errorAnswer(null, error);
    }
    const names = namesOf(call);
    this.#options.counters.count("rpc", names);
    const { path } = request;
    // One call may have a path of its own below its node's, so that a fault can be meant for this call alone.
    const places = new Set([`POST ${nodeOf(path)}`, `POST ${path}`]);
    const faults = this.#options.faults.take("rpc", [...names, ...places]);
    return underFaults(this.#options.faults, faults, this.#options.ports, () => this.#answer(call, path, faults));
  };

  /** Ends all pending waits. */
  close(): void {
    this.#stopListening();
    for (const end of [...this.#polls]) end();
  }

  async #get(path: string): Promise<HttpAnswer> {
    if (path === "/health") return jsonAnswer(200, "null");
    if (path !== "/status") return textAnswer(404, "");
    this.#options.counters.count("rpc", ["GET /status"]);
    const faults = this.#options.faults.take("rpc", ["GET /status"]);
    return underFaults(this.#options.faults, faults, this.#options.ports, async () => {
      const body = await rpcMethods.status?.(this.#callWith(path, faults), null);
      return jsonAnswer(200, stringifyLossless(body));
    });
  }

  async #answer({ id, method, params }: Request, path: string, faults: readonly Fault[]): Promise<HttpAnswer> {
    const given = faults.find((fault) => fault.kind === "error");
    if (given !== undefined) return jsonAnswer(200, stringifyLossless({ jsonrpc: "2.0", error: given.error, id }));
    try {
      const run = Object.hasOwn(rpcMethods, method) ? rpcMethods[method] : undefined;
      if (run === undefined) throw methodNotFound(method);
      const result = await run(this.#callWith(path, faults), params);
      const text = result instanceof JsonText ? result.text : stringifyLossless(result);
      return jsonAnswer(200, `{"jsonrpc":"2.0","result":${text},"id":${stringifyLossless(id)}}`);
    } catch (error) {
      return errorAnswer(id, error);
    }
  }

  #callWith(path: string, faults: readonly Fault[]): RpcCall {
    const { chain } = this.#options;
    const blocksOf = (kind: "lag" | "unknown_transaction" | "arrive_late") =>
      faults.reduce((most, fault) => (fault.kind === kind ? Math.max(most, fault.blocks) : most), 0);
    const [lag, hidden, late] = [blocksOf("lag"), BigInt(blocksOf("unknown_transaction")), blocksOf("arrive_late")];
    const kept = this.keptBlocks.get(nodeOf(path));
    const still = faults.find((fault) => fault.kind === "still");
    const view = (): ChainView => {
      const whole = chain.view().keeping(kept);
      const seen = still === undefined ? whole : whole.asOf(BigInt(still.height));
      return lag === 0 ? seen : seen.lagging(lag);
    };
    const untracked = faults.filter((fault) => fault.kind === "untracked");
    const has = (shard: number) => !untracked.some(({ shards }) => shards.includes(shard));
    return {
      view,
      submit: (transaction) => {
        if (late === 0) chain.submit(transaction);
        else this.#late.set(transaction, chain.head.ordinal + BigInt(late));
      },
      hides: ({ includedAt }) => view().head.height < includedAt + hidden,
      shards: {
        has,
        includes: (accountId) => has(chain.layout.of(accountId)),
        isTold: untracked.every(({ says }) => says === "so"),
      },
      poll: (ask) => this.#poll(ask),
      queryErrors: this.queryErrors,
    };
  }

  #poll<T>(ask: () => T | undefined): Promise<T | undefined> {
    const at = ask();
    if (at !== undefined) return Promise.resolve(at);
    const { chain, ports } = this.#options;
    return new Promise((resolve, reject) => {
      const end = (answer: T | undefined) => {
        stopListening();
        stopTimer();
        this.#polls.delete(giveUp);
        resolve(answer);
      };
      const giveUp = () => end(undefined);
      const stopTimer = ports.after(pollTimeoutMs, giveUp);
      const stopListening = chain.onChange(() => {
        try {
          const answer = ask();
          if (answer !== undefined) end(answer);
        } catch (error) {
          reject(error);
          giveUp();
        }
      });
      this.#polls.add(giveUp);
    });
  }

  /** Submits delayed transactions whose time has come; those that are invalid by now are dropped. */
  #arrive(): void {
    const { chain } = this.#options;
    for (const [transaction, ordinal] of this.#late) {
      if (chain.head.ordinal < ordinal) continue;
      this.#late.delete(transaction);
      try {
        chain.submit(transaction);
      } catch (error) {
        if (!(error instanceof InvalidTransaction)) throw error;
      }
    }
  }
}

/** The node that a path is of: one devnet under several first parts of a path stands for several nodes. */
function nodeOf(path: string): string {
  return `/${path.split("/")[1] ?? ""}`;
}

/** @throws RpcError */
function readRequest(body: Uint8Array): Request {
  let given: unknown;
  try {
    given = parseLossless(Buffer.from(body).toString());
  } catch (error) {
    throw parseError(error instanceof Error ? error.message : String(error));
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw parseError("JSON RPC Request format was expected");
  }
  const { id = null, method, params } = given as Record<string, unknown>;
  if (typeof method !== "string") throw parseError("JSON RPC Request format was expected");
  return { id, method, params };
}

function namesOf({ method, params }: Request): string[] {
  if (method !== "query" || typeof params !== "object" || params === null || !("request_type" in params))
    return [method];
  const names = [method, `query:${params.request_type}`];
  if (!("method_name" in params)) return names;
  const ofMethod = `query:${params.request_type}:${params.method_name}`;
  const account = "account_id" in params ? [`${ofMethod}@${params.account_id}`] : [];
  return [...names, ofMethod, ...account];
}

function errorAnswer(id: unknown, error: unknown): HttpAnswer {
  const known =
    error instanceof RpcError ? error : internalError(error instanceof Error ? error.message : String(error));
  return jsonAnswer(known.httpStatus, stringifyLossless({ jsonrpc: "2.0", error: known.body, id }));
}

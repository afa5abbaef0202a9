import type { Dependency, Logger, Ports } from "@outlayer/kit";
import { RpcRefused, RpcUnavailable } from "../../core/ports/near-node.ts";
import { AnswerTooLong } from "./read-answer.ts";
import { RpcAvailability } from "./rpc-availability.ts";
import { NoAnswer, RpcEndpoint } from "./rpc-endpoint.ts";

/** Attempts at a view of a contract of a caller's choice. */
const foreignTries = 2;

/** The outcome of a view of a contract of a caller's choice. */
export type ForeignResult =
  | { readonly kind: "answered"; readonly result: unknown }
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "too_large" | "no_answer" };

export interface RpcClientConfig {
  /** In the order in which they are tried. */
  readonly urls: readonly string[];
  readonly chainId: string;
  /** Time limit for such a view, milliseconds; 2000 by default. */
  readonly foreignTimeoutMs?: number;
}

/** JSON-RPC over several endpoints, the first of which that answers is used. Knows nothing of the methods. */
export class RpcClient {
  readonly #endpoints: readonly RpcEndpoint[];
  readonly #availability: RpcAvailability;

  /** @param reach reaches the nodes; the process's own `fetch` by default */
  constructor(config: RpcClientConfig, ports: Ports, logger: Logger, reach = fetch) {
    const deps = { ports, logger, fetch: reach, foreignTimeoutMs: config.foreignTimeoutMs ?? 2000 };
    this.#availability = new RpcAvailability(ports.clock);
    this.#endpoints = config.urls.map((url, index) => new RpcEndpoint(url, `#${index + 1}`, config.chainId, deps));
  }

  /** The endpoints' state, all together. */
  get dependency(): Dependency {
    return this.#availability.dependency;
  }

  /**
   * Calls the endpoints in order, without those at rest after a failure, and last those that are being probed.
   * @throws RpcUnavailable when none answers; RpcRefused with the error of the one that did
   */
  async call(method: string, params: unknown): Promise<unknown> {
    this.#availability.asked();
    const awake = this.#endpoints.filter(({ isResting }) => !isResting);
    const inDoubt = awake.filter(({ isProbed }) => isProbed);
    for (const endpoint of [...awake.filter(({ isProbed }) => !isProbed), ...inDoubt]) {
      try {
        const answer = await endpoint.call(method, params);
        this.#availability.answered();
        return answer;
      } catch (error) {
        if (error instanceof RpcRefused) this.#availability.answered();
        if (!(error instanceof NoAnswer || error instanceof AnswerTooLong)) throw error;
      }
    }
    this.#availability.failed();
    throw new RpcUnavailable(`no RPC endpoint answers ${method}`);
  }

  /**
   * Calls a view of a contract of a caller's choice, a few times, one endpoint after another. No endpoint is judged by the outcome.
   * @throws RpcUnavailable when no endpoint is known to answer
   */
  async callForeign(method: string, params: unknown): Promise<ForeignResult> {
    const well = this.#endpoints.filter(({ isWell }) => isWell);
    if (well.length === 0) throw new RpcUnavailable(`no RPC endpoint answers ${method}`);
    for (let tried = 0; tried < foreignTries; tried += 1) {
      try {
        const result = await (well[tried % well.length] as RpcEndpoint).callForeign(method, params);
        return { kind: "answered", result };
      } catch (error) {
        if (error instanceof AnswerTooLong) return { kind: "too_large" };
        if (error instanceof RpcRefused) return { kind: "refused", text: error.message };
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
    return { kind: "no_answer" };
  }

  /** Calls every endpoint by itself; a conclusion from all of them holds only when all have answered. */
  async everyEndpoint<T>(ask: (call: RpcCall) => Promise<T>): Promise<readonly T[]> {
    const answers: T[] = [];
    for (const endpoint of this.#endpoints) {
      try {
        answers.push(await ask((method, params) => endpoint.call(method, params)));
      } catch (error) {
        if (error instanceof NoAnswer || error instanceof AnswerTooLong)
          throw new RpcUnavailable(`RPC endpoint ${endpoint.label} does not answer`);
        throw error;
      }
    }
    return answers;
  }
}

export type RpcCall = (method: string, params: unknown) => Promise<unknown>;

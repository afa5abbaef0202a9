import type { Dependency, Logger, Ports } from "@outlayer/kit";
import { RpcRefused, RpcUnavailable } from "../../core/ports/near-node.ts";
import { Endpoint, NoAnswer } from "./endpoint.ts";
import { AnswerTooLong } from "./read-answer.ts";
import { RpcStanding } from "./rpc-standing.ts";

/** How often a contract of a stranger's is asked before it counts as one that does not answer. */
const foreignTries = 2;

/** What came of asking a contract that a caller chose. */
export type ForeignResult =
  | { readonly kind: "answered"; readonly result: unknown }
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "too_large" | "no_answer" };

export interface RpcClientConfig {
  /** In the order in which they are tried. */
  readonly urls: readonly string[];
  readonly chainId: string;
  /** Time for the answer of a contract that a caller chose, milliseconds; 2000 where nothing is given. */
  readonly foreignTimeoutMs?: number;
}

/** JSON-RPC over several nodes: the first that answers counts. Knows nothing of what is asked. */
export class RpcClient {
  readonly #endpoints: readonly Endpoint[];
  readonly #standing: RpcStanding;

  /** @param reach how nodes are reached; the process's own `fetch` where nothing is given */
  constructor(config: RpcClientConfig, ports: Ports, logger: Logger, reach = fetch) {
    const deps = { ports, logger, fetch: reach, foreignTimeoutMs: config.foreignTimeoutMs ?? 2000 };
    this.#standing = new RpcStanding(ports.clock);
    this.#endpoints = config.urls.map((url, index) => new Endpoint(url, `#${index + 1}`, config.chainId, deps));
  }

  /** How they stand, all together. */
  get dependency(): Dependency {
    return this.#standing.dependency;
  }

  /**
   * Asks the endpoints in order, but for those at rest after a failure; last those of which it is being found out whether they
   * answer again.
   * @throws RpcUnavailable when none answers; RpcRefused with the error of the one that did
   */
  async call(method: string, params: unknown): Promise<unknown> {
    this.#standing.asked();
    const awake = this.#endpoints.filter(({ isResting }) => !isResting);
    const inDoubt = awake.filter(({ isProbed }) => isProbed);
    for (const endpoint of [...awake.filter(({ isProbed }) => !isProbed), ...inDoubt]) {
      try {
        const answer = await endpoint.call(method, params);
        this.#standing.answered();
        return answer;
      } catch (error) {
        if (error instanceof RpcRefused) this.#standing.answered();
        if (!(error instanceof NoAnswer || error instanceof AnswerTooLong)) throw error;
      }
    }
    this.#standing.failed();
    throw new RpcUnavailable(`no RPC endpoint answers ${method}`);
  }

  /**
   * Asks a contract that a caller chose, a few times, one endpoint after another. Never tells an endpoint by it.
   * @throws RpcUnavailable when there is no endpoint of which it is known that it answers
   */
  async callForeign(method: string, params: unknown): Promise<ForeignResult> {
    const well = this.#endpoints.filter(({ isWell }) => isWell);
    if (well.length === 0) throw new RpcUnavailable(`no RPC endpoint answers ${method}`);
    for (let tried = 0; tried < foreignTries; tried += 1) {
      try {
        const result = await (well[tried % well.length] as Endpoint).callForeign(method, params);
        return { kind: "answered", result };
      } catch (error) {
        if (error instanceof AnswerTooLong) return { kind: "too_large" };
        if (error instanceof RpcRefused) return { kind: "refused", text: error.message };
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
    return { kind: "no_answer" };
  }

  /** Asks every endpoint on its own; what is concluded from all of them holds only when all have answered. */
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

import type { Logger, Ports } from "@outlayer/kit";
import { Endpoint, NoAnswer } from "./endpoint.ts";
import { RpcUnavailable } from "./rpc-error.ts";

export interface RpcClientConfig {
  /** In the order in which they are tried. */
  readonly urls: readonly string[];
  readonly chainId: string;
}

/** JSON-RPC over several nodes: the first that answers counts. Knows nothing of what is asked. */
export class RpcClient {
  readonly #endpoints: readonly Endpoint[];

  /** @param reach how nodes are reached; the process's own `fetch` where nothing is given */
  constructor(config: RpcClientConfig, ports: Ports, logger: Logger, reach = fetch) {
    const deps = { ports, logger, fetch: reach };
    this.#endpoints = config.urls.map((url, index) => new Endpoint(url, `#${index + 1}`, config.chainId, deps));
  }

  /**
   * Asks the endpoints in order, but for those at rest after a failure; last those of which it is being found out whether they
   * answer again.
   * @throws RpcUnavailable when none answers; RpcRefused with the error of the one that did
   */
  async call(method: string, params: unknown): Promise<unknown> {
    const awake = this.#endpoints.filter(({ isResting }) => !isResting);
    const inDoubt = awake.filter(({ isProbed }) => isProbed);
    for (const endpoint of [...awake.filter(({ isProbed }) => !isProbed), ...inDoubt]) {
      try {
        return await endpoint.call(method, params);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
    throw new RpcUnavailable(`no RPC endpoint answers ${method}`);
  }

  /** Asks every endpoint on its own; what is concluded from all of them holds only when all have answered. */
  async everyEndpoint<T>(ask: (call: RpcCall) => Promise<T>): Promise<readonly T[]> {
    const answers: T[] = [];
    for (const endpoint of this.#endpoints) {
      try {
        answers.push(await ask((method, params) => endpoint.call(method, params)));
      } catch (error) {
        if (error instanceof NoAnswer) throw new RpcUnavailable(`RPC endpoint ${endpoint.label} does not answer`);
        throw error;
      }
    }
    return answers;
  }
}

export type RpcCall = (method: string, params: unknown) => Promise<unknown>;

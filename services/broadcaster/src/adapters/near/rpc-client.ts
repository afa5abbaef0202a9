import { type Dependency, httpPost, type Logger, noMetrics, type Ports } from "@outlayer/kit";
import { RpcRefused, RpcUnavailable } from "../../core/ports/near-node.ts";
import { AnswerTooLong } from "./read-answer.ts";
import { RpcAvailability } from "./rpc-availability.ts";
import { NoAnswer, RpcEndpoint } from "./rpc-endpoint.ts";
import { FinalHeads } from "./rpc-freshness.ts";

/** Attempts at a view of a contract of a caller's choice. */
const foreignTries = 2;

/** Blocks after which nobody waits any more for an endpoint that stays away. */
const longAway = 200;

/** The outcome of a view of a contract of a caller's choice. */
export type ForeignResult =
  | { readonly kind: "answered"; readonly result: unknown }
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "too_large" | "no_answer" };

export interface RpcClientConfig {
  /** Stands before an endpoint's number in logs and metrics, where there is more than one client. */
  readonly name?: string;
  /** In the order in which they are tried. */
  readonly urls: readonly string[];
  readonly chainId: string;
  /** Time limit for such a view, milliseconds; 2000 by default. */
  readonly foreignTimeoutMs?: number;
}

/** What is known of an endpoint. */
export type EndpointState = Pick<RpcEndpoint, "label" | "isResting" | "isStale" | "finalHeight">;

const callDuration = {
  name: "near_rpc_call_duration_seconds",
  help: "Calls of NEAR's RPC, with what came of them: answered, refused, off_shard, too_long or no_answer.",
  labels: ["endpoint", "method", "outcome"],
};

/** What one of all endpoints said. */
export interface EndpointAnswer<T> {
  readonly answer: T;
  /** Whether that endpoint is fresh. */
  readonly isFresh: boolean;
}

/**
 * JSON-RPC over several endpoints, the first of which that is fresh and answers is used. Endpoints that nobody uses are looked at
 * whenever the chain is followed, so that each is known to be fresh or not.
 */
export class RpcClient {
  readonly #endpoints: readonly RpcEndpoint[];
  readonly #availability: RpcAvailability;
  readonly #heads = new FinalHeads();
  /** Best final height seen when an endpoint first had no answer for `everyEndpoint`, until it has one. */
  readonly #silentSince = new Map<RpcEndpoint, number>();

  /** @param post reaches the nodes */
  constructor(config: RpcClientConfig, ports: Ports, logger: Logger, post = httpPost, metrics = noMetrics) {
    const foreignTimeoutMs = config.foreignTimeoutMs ?? 2000;
    const observe = metrics.histogram(callDuration);
    const deps = { ports, logger, post, foreignTimeoutMs, heads: this.#heads, observe };
    const prefix = config.name === undefined ? "" : `${config.name} `;
    this.#availability = new RpcAvailability(ports.clock);
    this.#endpoints = config.urls.map(
      (url, index) => new RpcEndpoint(url, `${prefix}#${index + 1}`, config.chainId, deps),
    );
  }

  /** What is known of each endpoint. */
  get states(): readonly EndpointState[] {
    return this.#endpoints;
  }

  /** The endpoints' state, all together. */
  get dependency(): Dependency {
    return this.#availability.dependency;
  }

  /** Number of endpoints that are configured. */
  get endpointCount(): number {
    return this.#endpoints.length;
  }

  /** Whether any endpoint is fresh, as far as is known. */
  get isFresh(): boolean {
    return this.#endpoints.some(({ isForeign, isStale }) => !isForeign && !isStale);
  }

  /** Height of the best final head that any endpoint has shown; 0 before the first. */
  get bestFinalHeight(): number {
    return this.#heads.best?.height ?? 0;
  }

  /**
   * Calls the endpoints in order, without those at rest after a failure, and last those that are being probed. Only where none is
   * fresh are the others called, the one with the best final head first.
   * @param tells whether an answer says what was asked for: if not, the next endpoint is called as well
   * @throws RpcUnavailable when none answers; RpcRefused with the error of the one that did
   */
  async call(method: string, params: unknown, tells?: (answer: unknown) => boolean): Promise<unknown> {
    this.#availability.asked();
    return this.#callInTurn(this.#inOrder(), method, params, tells);
  }

  /** Has every endpoint asked for its final head that has not shown it lately. */
  lookAround(): void {
    for (const endpoint of this.#endpoints) endpoint.look();
  }

  /**
   * Calls two endpoints at once, where two can be called, and the others where neither answers. One that takes the call is enough.
   * @throws RpcUnavailable when none answers; RpcRefused when one answered, and none took the call
   */
  async callTwo(method: string, params: unknown): Promise<unknown> {
    this.#availability.asked();
    const endpoints = this.#inOrder();
    const both = endpoints.slice(0, 2).map((endpoint) => this.#ask(endpoint, method, params));
    try {
      return await Promise.any(both);
    } catch {
      for (const outcome of await Promise.allSettled(both)) {
        if (outcome.status === "rejected" && !isNoAnswer(outcome.reason)) throw outcome.reason;
      }
      return this.#callInTurn(endpoints.slice(2), method, params);
    }
  }

  /**
   * Calls a view of a contract of a caller's choice, a few times, one endpoint after another. No endpoint is judged by the outcome.
   * @throws RpcUnavailable when no endpoint is known to answer
   */
  async callForeign(method: string, params: unknown): Promise<ForeignResult> {
    const well = this.#usable().filter(({ isWell }) => isWell);
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

  /**
   * Calls every endpoint by itself. Left out are those of another network or another shard, and those without an answer that are
   * not fresh or have been away for 200 blocks.
   * @throws RpcUnavailable where another one has no answer
   */
  async everyEndpoint<T>(ask: (call: RpcCall) => Promise<T>): Promise<readonly EndpointAnswer<T>[]> {
    const answers: EndpointAnswer<T>[] = [];
    for (const endpoint of this.#endpoints) {
      if (endpoint.isForeign) continue;
      try {
        const answer = await ask((method, params) => endpoint.call(method, params));
        this.#silentSince.delete(endpoint);
        answers.push({ answer, isFresh: !endpoint.isStale });
      } catch (error) {
        // What is too long to be read is there.
        if (error instanceof AnswerTooLong) throw new RpcUnavailable(error.message);
        const isSilent = error instanceof NoAnswer || error instanceof RpcRefused || error instanceof RpcUnavailable;
        if (!isSilent) throw error;
        if (error instanceof NoAnswer && error.isOffShard) continue;
        if (!this.#isLongSilent(endpoint) && !endpoint.isStale)
          throw new RpcUnavailable(`RPC endpoint ${endpoint.label} does not answer`);
      }
    }
    return answers;
  }

  /** Notes that an endpoint has no answer. */
  #isLongSilent(endpoint: RpcEndpoint): boolean {
    const best = this.#heads.best?.height;
    if (best === undefined) return false;
    const since = this.#silentSince.get(endpoint) ?? best;
    this.#silentSince.set(endpoint, since);
    return best - Math.min(since, endpoint.awaySince ?? best) >= longAway;
  }

  /** The fresh endpoints; where there is none, all of our network, the one with the best final head first. */
  #usable(): readonly RpcEndpoint[] {
    const ours = this.#endpoints.filter(({ isForeign }) => !isForeign);
    if (this.isFresh) return ours.filter(({ isStale }) => !isStale);
    return ours.sort((one, other) => other.finalHeight - one.finalHeight);
  }

  #inOrder(): readonly RpcEndpoint[] {
    const awake = this.#usable().filter(({ isResting }) => !isResting);
    return [...awake.filter(({ isProbed }) => !isProbed), ...awake.filter(({ isProbed }) => isProbed)];
  }

  async #callInTurn(
    endpoints: readonly RpcEndpoint[],
    method: string,
    params: unknown,
    tells: (answer: unknown) => boolean = () => true,
  ): Promise<unknown> {
    let untelling: { readonly answer: unknown } | undefined;
    for (const endpoint of endpoints) {
      try {
        const answer = await this.#ask(endpoint, method, params);
        if (tells(answer)) return answer;
        untelling ??= { answer };
      } catch (error) {
        if (!isNoAnswer(error)) throw error;
      }
    }
    if (untelling !== undefined) return untelling.answer;
    this.#availability.failed();
    throw new RpcUnavailable(`no RPC endpoint answers ${method}`);
  }

  async #ask(endpoint: RpcEndpoint, method: string, params: unknown): Promise<unknown> {
    try {
      const answer = await endpoint.call(method, params);
      this.#heard(endpoint);
      return answer;
    } catch (error) {
      if (error instanceof RpcRefused) this.#heard(endpoint);
      throw error;
    }
  }

  /** The answers of endpoints that are not fresh are as good as none where no other is fresh. */
  #heard(endpoint: RpcEndpoint): void {
    if (!endpoint.isStale) this.#availability.answered();
    else if (!this.isFresh) this.#availability.failed();
  }
}

function isNoAnswer(error: unknown): boolean {
  return error instanceof NoAnswer || error instanceof AnswerTooLong;
}

export type RpcCall = (method: string, params: unknown) => Promise<unknown>;

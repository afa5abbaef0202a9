import { deadline, type HttpPost, type Labels, type Logger, type Ports, type PostAnswer } from "@outlayer/kit";
import { LRUCache } from "lru-cache";
import { field, type Json, object, parse, string } from "../../core/chain/json.ts";
import { RpcRefused } from "../../core/ports/near-node.ts";
import { type AnswerBounds, boundsOf, foreignBounds } from "./answer-bounds.ts";
import { AnswerTooLong, readAnswer } from "./read-answer.ts";
import { type FinalHeads, Freshness } from "./rpc-freshness.ts";

/** Time limit for an answer, milliseconds. */
const timeoutMs = 5000;

/** Pause after the first failure in a row; doubled with each further one, up to the longest. Milliseconds. */
const pauseMs = { first: 250, longest: 4000 };

/** Time after which an endpoint is asked for its final head where no call has asked for it, milliseconds. */
const lookMs = 5000;

/** Time for which an endpoint is not asked again about an account whose shard it is not on, milliseconds. */
const offShardMs = 4000;

/** Questions about accounts of other shards that are remembered. */
const offShardKept = 1000;

/** An endpoint gave no usable answer. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** The pause that `Retry-After` asks for, milliseconds. */
  readonly retryAfterMs: number;

  constructor(reason: string, retryAfterMs = 0) {
    super(reason);
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the endpoint is on other shards than the one asked about. */
  get isOffShard(): boolean {
    return offShard.includes(this.message);
  }
}

export interface EndpointDeps {
  readonly ports: Ports;
  readonly logger: Logger;
  /** Reaches the nodes. */
  readonly post: HttpPost;
  /** Time limit for the answer of a contract of a caller's choice, milliseconds. */
  readonly foreignTimeoutMs: number;
  /** What all endpoints have shown. */
  readonly heads: FinalHeads;
  readonly observe: ObserveCall;
}

/** Takes how long a call took, and what came of it. */
export type ObserveCall = (seconds: number, labels: Labels) => void;

/**
 * One RPC endpoint. It rests after a failure, so that a dead one costs little. Then a single call probes it, while other calls wait
 * for the probe or go elsewhere. It refuses to serve for another network. Whether it is fresh, each of its answers to `block` tells.
 */
export class RpcEndpoint {
  readonly label: string;
  readonly #url: string;
  readonly #chainId: string;
  readonly #ports: Ports;
  readonly #logger: Logger;
  readonly #send: HttpPost;
  readonly #foreignTimeoutMs: number;
  readonly #heads: FinalHeads;
  readonly #observe: ObserveCall;
  readonly #freshness: Freshness;
  /** Until when it is not asked about accounts of shards that it is not on, by method and account. */
  readonly #offShard = new LRUCache<string, number>({ max: offShardKept });
  #lookedAtMs: number;
  #awaySince: number | undefined;
  #failures = 0;
  #restsUntil = 0;
  #network: "unchecked" | "right" | "wrong" = "unchecked";
  #checking: Promise<void> | undefined;
  #probe: Promise<unknown> | undefined;

  /** @param label names it in logs: a URL may carry a key */
  constructor(url: string, label: string, chainId: string, deps: EndpointDeps) {
    const { ports, logger, post, foreignTimeoutMs, heads, observe } = deps;
    this.#url = url;
    this.label = label;
    this.#chainId = chainId;
    this.#ports = ports;
    this.#logger = logger;
    this.#send = post;
    this.#foreignTimeoutMs = foreignTimeoutMs;
    this.#heads = heads;
    this.#observe = observe;
    this.#freshness = new Freshness(label, logger);
    this.#lookedAtMs = ports.clock.now();
  }

  /** Whether it is of another network than ours. */
  get isForeign(): boolean {
    return this.#network === "wrong";
  }

  /** Whether its final head stands still or is far behind. */
  get isStale(): boolean {
    return this.#freshness.isStale;
  }

  /** Of the highest final head that it has shown. */
  get finalHeight(): number {
    return this.#freshness.height;
  }

  /** Best final height seen anywhere when it first gave no answer; undefined while it answers. */
  get awaySince(): number | undefined {
    return this.#awaySince;
  }

  get isResting(): boolean {
    return this.isForeign || this.#ports.clock.now() < this.#restsUntil;
  }

  /** Whether it answers, as far as is known, and is of the right network. */
  get isWell(): boolean {
    return this.#network === "right" && this.#failures === 0 && !this.isResting;
  }

  /** Whether a probe is under way. */
  get isProbed(): boolean {
    return this.#probe !== undefined;
  }

  /** Asks for its final head, unless it was asked lately or rests. Does not wait for the answer, by which it is judged. */
  look(): void {
    const now = this.#ports.clock.now();
    if (this.isResting || this.isProbed || Math.abs(now - this.#lookedAtMs) < lookMs) return;
    this.#lookedAtMs = now;
    this.call("block", { finality: "final" }).catch((error) => {
      if (error instanceof NoAnswer || error instanceof RpcRefused) return;
      this.#logger.error({ err: error, endpoint: this.label }, "an RPC endpoint could not be looked at");
    });
  }

  /**
   * Calls a view of a contract of a caller's choice. The outcome says nothing of the endpoint.
   * @throws NoAnswer; AnswerTooLong; RpcRefused with the node's own error
   */
  callForeign(method: string, params: unknown): Promise<unknown> {
    return this.#post(method, params, foreignBounds, this.#foreignTimeoutMs);
  }

  /** @throws NoAnswer; AnswerTooLong where strangers determine the length; RpcRefused with the node's own error */
  async call(method: string, params: unknown): Promise<unknown> {
    const asked = questionOf(method, params);
    if (asked !== undefined && this.#ports.clock.now() < (this.#offShard.get(asked) ?? 0))
      throw new NoAnswer(notTracked);
    if (this.#probe !== undefined) {
      await this.#probe;
      if (this.isResting) throw new NoAnswer("it does not answer yet");
    }
    if (this.#failures === 0 || this.#probe !== undefined) return this.#checked(method, params);
    const answer = this.#checked(method, params);
    const over = () => {
      this.#probe = undefined;
    };
    this.#probe = answer.then(over, over);
    return answer;
  }

  async #checked(method: string, params: unknown): Promise<unknown> {
    if (this.#network !== "right") {
      this.#checking ??= this.#checkNetwork().finally(() => {
        this.#checking = undefined;
      });
      await this.#checking;
    }
    return this.#attempt(method, params);
  }

  async #checkNetwork(): Promise<void> {
    const chainId = string(field(await this.#attempt("status", []), "chain_id"));
    if (chainId === this.#chainId) {
      this.#network = "right";
      return;
    }
    if (this.#network === "unchecked") {
      this.#logger.error(
        { endpoint: this.label, expected: this.#chainId, actual: chainId },
        "RPC endpoint is of another network",
      );
    }
    this.#network = "wrong";
    throw new NoAnswer("another network");
  }

  async #attempt(method: string, params: unknown): Promise<unknown> {
    const asked = { ms: this.#ports.clock.now(), best: this.#heads.best };
    try {
      const answer = await this.#post(method, params, boundsOf(method), timeoutMs);
      this.#answered();
      const final = method === "block" ? this.#heads.read(params, answer) : undefined;
      if (final !== undefined) {
        this.#lookedAtMs = asked.ms;
        this.#freshness.saw(final, asked, this.#ports.clock.now());
      }
      return answer;
    } catch (error) {
      if (error instanceof NoAnswer && error.isOffShard) {
        // It answers: for other shards it is as good as any.
        this.#answered();
        const question = questionOf(method, params);
        if (question !== undefined) this.#offShard.set(question, this.#ports.clock.now() + offShardMs);
      } else if (error instanceof NoAnswer) this.#rest(error);
      else this.#answered();
      throw error;
    }
  }

  #answered(): void {
    if (this.#failures > 0) this.#logger.info({ endpoint: this.label }, "RPC endpoint answers again");
    this.#failures = 0;
    this.#awaySince = undefined;
  }

  #rest(error: NoAnswer): void {
    this.#awaySince ??= this.#heads.best?.height;
    const now = this.#ports.clock.now();
    // Of concurrent failures only the first lengthens the rest, but every `Retry-After` counts.
    const isFirst = now >= this.#restsUntil;
    const chance = (this.#ports.random.bytes(1)[0] ?? 0) / 255;
    const backoff = Math.min(pauseMs.longest, pauseMs.first * 2 ** this.#failures) * (0.5 + chance / 2);
    // A `Retry-After` is obeyed with little jitter: a longer wait would only make what is in flight grow old.
    const named = error.retryAfterMs * (1 + chance / 10);
    if (!isFirst && named === 0) return;
    if (isFirst) this.#failures += 1;
    this.#restsUntil = Math.max(this.#restsUntil, now + (named > 0 ? named : backoff));
    if (isFirst && this.#failures === 1)
      this.#logger.warn({ endpoint: this.label, reason: error.message }, "RPC endpoint gives no answer");
  }

  async #post(method: string, params: unknown, bounds: AnswerBounds, limitMs: number): Promise<unknown> {
    const { clock } = this.#ports;
    const begunMs = clock.now();
    const observe = (outcome: string) =>
      this.#observe((clock.now() - begunMs) / 1000, { endpoint: this.label, method, outcome });
    try {
      const answer = await this.#exchange(method, params, bounds, limitMs);
      observe("answered");
      return answer;
    } catch (error) {
      observe(outcomeOf(error));
      throw error;
    }
  }

  async #exchange(method: string, params: unknown, bounds: AnswerBounds, limitMs: number): Promise<unknown> {
    const limit = deadline(this.#ports.timers, limitMs);
    // Called without a receiver: `fetch` refuses another `this`.
    const send = this.#send;
    try {
      const response = await send(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: "outlayer", method, params }),
        signal: limit.signal,
      });
      const body = parse(await readAnswer(response, bounds));
      return read(method, response, body, this.#ports.clock.now());
    } catch (error) {
      if (error instanceof RpcRefused || error instanceof NoAnswer) throw error;
      if (error instanceof AnswerTooLong) {
        if (bounds.ofStrangers) throw error;
        throw new NoAnswer(error.message);
      }
      throw new NoAnswer(limit.signal.aborted ? "timeout" : "connection failed");
    } finally {
      limit.done();
    }
  }
}

/** A few words, whatever nodes write. */
function outcomeOf(error: unknown): string {
  if (error instanceof RpcRefused) return "refused";
  if (error instanceof AnswerTooLong) return "too_long";
  if (error instanceof NoAnswer && error.isOffShard) return "off_shard";
  return "no_answer";
}

/** Kinds of errors that a node names beside their cause. */
const nodeErrors: readonly (string | undefined)[] = ["HANDLER_ERROR", "REQUEST_VALIDATION_ERROR", "INTERNAL_ERROR"];

const notTracked = "DOES_NOT_TRACK_SHARD";

/** Causes of a node that is not on the shard. */
const offShard: readonly string[] = ["UNAVAILABLE_SHARD", notTracked];

/** The method and the account asked about; undefined for a question that names no account, so that nothing tells its shard. */
function questionOf(method: string, params: unknown): string | undefined {
  const account = string(field(params, "account_id")) ?? string(field(params, "sender_account_id"));
  return account === undefined ? undefined : `${method} ${account}`;
}

/** Causes for which another node may find out what this one could not: it is busy, behind, or not on the shard. */
const inability = [
  ...offShard,
  "TIMEOUT_ERROR",
  "INTERNAL_ERROR",
  "NO_SYNCED_BLOCKS",
  "NOT_SYNCED_YET",
  "REQUEST_ROUTED",
];

/**
 * Whether an error is the node's own: it has a kind and a cause, or is as older nodes wrote it. Any other error is the provider's,
 * whatever it has in `data`: an exhausted API key, or too many calls.
 */
function isNodesOwn(error: Json): boolean {
  const [kind, cause, text] = [string(field(error, "name")), field(error, "cause", "name"), field(error, "data")];
  if (typeof cause === "string" && cause !== "") return nodeErrors.includes(kind);
  return field(error, "message") === "Server error" && field(error, "code") === -32_000 && typeof text === "string";
}

/** A body that is not JSON-RPC is no answer, whatever the status: load balancers send HTML. */
function read(method: string, response: PostAnswer, body: unknown, nowMs: number): unknown {
  const answer = object(body);
  const cause = string(field(answer?.error, "cause", "name")) ?? "";
  const text = string(field(answer?.error, "data"));
  const isNodes = answer?.error === undefined ? response.ok : isNodesOwn(answer.error);
  if (response.status === 429 || response.status >= 500 || answer === undefined || !isNodes) {
    const what = isNodes ? "" : ", an error that is not the node's own";
    throw new NoAnswer(`HTTP status ${response.status}${what}`, retryAfterMs(response, nowMs));
  }
  if (answer.error === undefined) {
    if (answer.result === undefined) throw new NoAnswer("neither result nor error");
    return answer.result;
  }
  if (inability.includes(cause)) throw new NoAnswer(cause);
  throw new RpcRefused(method, cause, text ?? string(field(answer.error, "message")) ?? "");
}

/** RFC 9110: seconds, or a date; 0 where there is neither. */
function retryAfterMs({ headers }: PostAnswer, nowMs: number): number {
  const asked = headers.get("retry-after") ?? "";
  const ms = /^\d+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

import {
  type CallListener,
  currentContext,
  DependencyWatch,
  deadline,
  type Logger,
  type Ports,
  Turnstile,
  type Urgency,
} from "@outlayer/kit";
import type { Collection, Db, Document, MongoClient } from "mongodb";
import type { connect } from "./client.ts";
import { isOfOwnQueue, isUnanswered, NotSent, noAnswer, reasonOf, translated } from "./errors.ts";

/**
 * Concurrent calls; leases are not counted. With hundreds at once the database would answer all of them too late, and each would
 * be retried: with fewer at a time all finish sooner.
 */
const atOnce = 12;
/** How long a call waits for its turn, milliseconds. After that it is not sent. */
export const turnMs = 1_500;
/** Time limit after which a call counts as unanswered, milliseconds: less than evidence's callers wait (5 s). */
const callMs = 4_000;
/** The same for a ping: longer than the driver looks for a server, whose failure means "away". */
const pingMs = 3_000;

export type DatabasePorts = Pick<Ports, "clock" | "timers" | "random">;

/** A database with its state as a dependency: every call goes through here, and its outcome tells whether the database answers. */
export class Database {
  readonly ports: DatabasePorts;
  readonly watch: DependencyWatch;
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #turnstile = new Turnstile(atOnce);
  #wasConnected = false;

  constructor({ client, db }: ReturnType<typeof connect>, ports: DatabasePorts, logger: Logger) {
    this.ports = ports;
    this.#client = client;
    this.#db = db;
    const ask = (_signal: AbortSignal, listener: CallListener) => this.#call(() => this.#ping(), pingMs, listener);
    this.watch = new DependencyWatch({ name: "database", required: true, ask, ports, logger });
  }

  collection<T extends Document>(name: string, options: { readonly useBigInt64?: boolean } = {}): Collection<T> {
    return this.#db.collection<T>(name, options);
  }

  /**
   * Runs a call of the driver. Without an answer in time the caller sees `Unavailable`, and the outcome is unknown: the driver's
   * own limits are longer, so an abandoned call may still be carried out. The driver's errors are translated: they may quote the
   * document.
   * @param urgency an urgent call does not wait for its turn
   * @param party the party that the call is made for: turns are fair between parties. By default the wallet that the work at hand is for
   * @throws NotSent where its turn did not come in time
   */
  async answered<T>(
    call: () => Promise<T>,
    limitMs = callMs,
    urgency: Urgency = "usual",
    party = currentContext()?.fields.wallet_id,
  ): Promise<T> {
    if (urgency === "urgent") return this.#call(call, limitMs);
    const patience = deadline(this.ports.timers, turnMs);
    let isSent = false;
    try {
      return await this.#turnstile.pass(
        urgency,
        () => {
          isSent = true;
          patience.done();
          return this.#call(call, limitMs);
        },
        { party, signal: patience.signal },
      );
    } catch (error) {
      if (isSent) throw error;
      this.watch.missed("slow", "too many calls are under way");
      throw new NotSent();
    } finally {
      patience.done();
    }
  }

  async #call<T>(call: () => Promise<T>, limitMs: number, listener: CallListener = this.watch): Promise<T> {
    const limit = deadline(this.ports.timers, Math.max(0, limitMs));
    const late = new Promise<never>((_, reject) => {
      limit.signal.addEventListener("abort", () => reject(limit.signal.reason), { once: true });
    });
    try {
      const answer = await Promise.race([call(), late]);
      listener.heard();
      return answer;
    } catch (error) {
      if (limit.signal.aborted) {
        const reason = `no answer within ${limitMs} ms`;
        listener.missed("slow", reason);
        throw noAnswer(reason);
      }
      if (isUnanswered(error)) listener.missed(isOfOwnQueue(error) ? "slow" : "away", reasonOf(error));
      else listener.heard();
      throw translated(error);
    } finally {
      limit.done();
    }
  }

  async #ping(): Promise<void> {
    // The driver reconnects by itself only after a first connection.
    if (!this.#wasConnected) await this.#client.connect();
    this.#wasConnected = true;
    await this.#db.command({ ping: 1 });
  }

  async close(): Promise<void> {
    await this.watch.stop();
    await this.#client.close();
  }
}

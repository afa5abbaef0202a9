import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Timers } from "@outlayer/kit";

/** A write that waits for its transaction. */
interface Write {
  /** Runs the write and notes its result. @returns settles the caller's promise, once the transaction is durable */
  readonly run: () => () => void;
  readonly fail: (error: unknown) => void;
}

/** Makes durable what was committed before the call. Rejects where nobody knows what is durable. */
export type Flush = () => Promise<void>;

/** Told of each transaction with its writes. @returns what the next one has to wait for, which never rejects; undefined: nothing */
export type Committed = (writes: number) => Promise<void> | undefined;

/** Writes in one transaction: more would hold up the event loop. */
const mostTogether = 128;

/**
 * Commits writes that arrive in the same turn of the event loop in one transaction, in the order in which they came. The file is
 * flushed to disk once for all of them, beside the event loop; what arrives during a flush is the next transaction. No write is
 * answered before its transaction is durable (rule: no-write-is-answered-before-it-is-durable), and no read before everything
 * that it may have seen is. A write that throws takes back only itself. After a flush that failed nothing is answered any more:
 * what is on disk then, only a new process can read.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #timers: Timers;
  readonly #flush: Flush | undefined;
  readonly #committed: Committed;
  readonly #one: Savepoint;
  readonly #waiting: Write[] = [];
  /** Those that wait for no flush. */
  readonly #unflushed: Write[] = [];
  #isDue = false;
  /** The flush under way, or the one that failed; undefined where everything is durable. */
  #flushing: Promise<void> | undefined;
  #failed: { readonly error: unknown } | undefined;
  /** No transaction begins before it is over. */
  #pause: Promise<void> | undefined;

  /** @param flush undefined where there is no file */
  constructor(
    database: DatabaseSync,
    timers: Timers,
    flush: Flush | undefined,
    committed: Committed = () => undefined,
  ) {
    this.#database = database;
    this.#timers = timers;
    this.#flush = flush;
    this.#committed = committed;
    this.#one = savepoint(database);
  }

  /**
   * @throws what `write` throws, and the database's error where the transaction, or its flush, fails: its outcome is unknown then
   */
  run<T>(write: () => T): Promise<T> {
    const written = this.#put(this.#waiting, write);
    this.#schedule();
    return written;
  }

  /** Answers before it is flushed, also while a flush is under way: for what a power failure may take back. @throws like `run` */
  unflushed<T>(write: () => T): Promise<T> {
    const written = this.#put(this.#unflushed, write);
    if (this.#unflushed.length === 1) this.#timers.after(0, () => this.#answerUnflushed());
    return written;
  }

  #answerUnflushed(): void {
    if (this.#pause !== undefined) return;
    for (const answer of this.#commit(this.#unflushed.splice(0))) answer();
  }

  #put<T>(queue: Write[], write: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined) return reject(this.#failed.error);
      const run = () => {
        const result = write();
        return () => resolve(result);
      };
      queue.push({ run, fail: reject });
    });
  }

  /** Reads at once, and answers when what was read is durable. @throws the error of a flush that failed */
  async read<T>(read: () => T): Promise<T> {
    const found = read();
    if (this.#flushing !== undefined) await this.#flushing;
    return found;
  }

  /** Commits whatever waits, and resolves once it is answered. */
  async end(): Promise<void> {
    await this.#pause;
    this.#answerUnflushed();
    while (this.#failed === undefined && (this.#waiting.length > 0 || this.#flushing !== undefined)) {
      await this.#pause;
      if (this.#flushing === undefined) this.#next();
      await this.#flushing?.catch(() => {});
    }
  }

  #schedule(): void {
    if (this.#isDue || this.#isHeld || this.#waiting.length === 0) return;
    this.#isDue = true;
    this.#timers.after(0, () => {
      this.#isDue = false;
      // `end` may have been faster.
      if (!this.#isHeld) this.#next();
    });
  }

  get #isHeld(): boolean {
    return this.#flushing !== undefined || this.#pause !== undefined;
  }

  #next(): void {
    const group = this.#waiting.splice(0, mostTogether);
    const answers = this.#commit(group);
    if (this.#flush !== undefined && answers.length > 0) void this.#answerOnceFlushed(this.#flush(), group, answers);
    else for (const answer of answers) answer();
    this.#schedule();
  }

  async #answerOnceFlushed(flush: Promise<void>, group: readonly Write[], answers: readonly (() => void)[]) {
    this.#flushing = flush;
    try {
      await flush;
    } catch (error) {
      this.#failed = { error };
      for (const { fail } of [...group, ...this.#waiting.splice(0), ...this.#unflushed.splice(0)]) fail(error);
      return;
    }
    this.#flushing = undefined;
    for (const answer of answers) answer();
    this.#schedule();
  }

  /** @returns settles the callers' promises; nothing where the transaction has failed, which its callers are told */
  #commit(group: readonly Write[]): readonly (() => void)[] {
    if (group.length === 0) return [];
    const database = this.#database;
    const answers: (() => void)[] = [];
    try {
      database.exec("BEGIN IMMEDIATE");
      for (const write of group) answers.push(this.#runOne(write));
      database.exec("COMMIT");
    } catch (error) {
      // Some errors have ended the transaction already.
      if (database.isOpen && database.isTransaction) database.exec("ROLLBACK");
      for (const { fail } of group) fail(error);
      return [];
    }
    this.#pauseFor(this.#committed(group.length));
    return answers;
  }

  #pauseFor(pause: Promise<void> | undefined): void {
    if (pause === undefined) return;
    this.#pause = pause.then(() => {
      this.#pause = undefined;
      this.#answerUnflushed();
      this.#schedule();
    });
  }

  #runOne({ run, fail }: Write): () => void {
    this.#one.begin.run();
    try {
      const answer = run();
      this.#one.release.run();
      return answer;
    } catch (error) {
      this.#database.exec("ROLLBACK TO one; RELEASE one");
      return () => fail(error);
    }
  }
}

type Savepoint = { readonly begin: StatementSync; readonly release: StatementSync };

function savepoint(database: DatabaseSync): Savepoint {
  return { begin: database.prepare("SAVEPOINT one"), release: database.prepare("RELEASE one") };
}

import type { DatabaseSync } from "node:sqlite";
import type { Timers } from "@outlayer/kit";

/** A write that waits for its transaction. */
interface Write {
  /** Runs the write and notes its result. @returns settles the caller's promise, once the transaction is durable */
  readonly run: () => () => void;
  readonly fail: (error: unknown) => void;
}

/** Writes in one transaction: more would hold up the event loop. */
const mostTogether = 128;

/**
 * Commits writes that arrive in the same turn of the event loop in one transaction, in the order in which they came: the file is
 * flushed to disk once for all of them. No write is answered before its transaction is durable
 * (rule: no-write-is-answered-before-it-is-durable). A write that throws takes back only itself.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #timers: Timers;
  #waiting: Write[] = [];

  constructor(database: DatabaseSync, timers: Timers) {
    this.#database = database;
    this.#timers = timers;
  }

  /** @throws what `write` throws, and the database's error where the transaction fails: its outcome is unknown then */
  run<T>(write: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        run: () => {
          const result = write();
          return () => resolve(result);
        },
        fail: reject,
      });
      if (this.#waiting.length === 1) this.#timers.after(0, () => this.#next());
    });
  }

  /** Commits whatever waits, at once. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit(this.#waiting.splice(0, mostTogether));
  }

  #next(): void {
    this.#commit(this.#waiting.splice(0, mostTogether));
    if (this.#waiting.length > 0) this.#timers.after(0, () => this.#next());
  }

  #commit(group: readonly Write[]): void {
    if (group.length === 0) return;
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
      return;
    }
    for (const answer of answers) answer();
  }

  #runOne({ run, fail }: Write): () => void {
    this.#database.exec("SAVEPOINT one");
    try {
      const answer = run();
      this.#database.exec("RELEASE one");
      return answer;
    } catch (error) {
      this.#database.exec("ROLLBACK TO one; RELEASE one");
      return () => fail(error);
    }
  }
}

import { once } from "node:events";
import type { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import type { Pass } from "./checkpoint-thread.ts";

export interface CheckpointTerms {
  /** Writes between two checkpoints. */
  readonly every: number;
  /** Pages of the log from which on writes wait for a checkpoint, so that the log can begin anew. */
  readonly mostPages: number;
}

/** Some thousands of pages, and 64 MB. */
const usualTerms: CheckpointTerms = { every: 256, mostPages: 16_000 };

/** Pages of the log from which on SQLite makes checkpoints by itself, within commits: its own default. */
const ownPages = 1_000;

/**
 * Copies the write-ahead log into the database's file, on another thread. SQLite does so within a commit, and flushes both files,
 * which holds up everything else for tens of milliseconds. Writes go on meanwhile. Where they come so fast that a checkpoint never
 * catches up with them, and the log grows, they wait for one.
 */
export class Checkpoints {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #terms: CheckpointTerms;
  #thread: { readonly worker: Worker; readonly ended: Promise<void> } | undefined;
  #writes = 0;
  /** The checkpoint under way. */
  #pass: Promise<void> | undefined;
  #isLong = false;
  #hasFailed = false;

  /** @param database its only writer, which makes no checkpoints by itself from here on */
  constructor(path: string, database: DatabaseSync, terms = usualTerms) {
    this.#path = path;
    this.#database = database;
    this.#terms = terms;
    this.#makeItself(0);
  }

  /**
   * Called after each transaction.
   * @returns resolves when the next one may begin; undefined where it may at once
   */
  committed(writes: number): Promise<void> | undefined {
    this.#writes += writes;
    if (this.#pass !== undefined || this.#hasFailed || this.#writes < this.#terms.every) return undefined;
    this.#writes = 0;
    const pass = this.#run().finally(() => {
      this.#pass = undefined;
    });
    this.#pass = pass;
    return this.#isLong ? pass : undefined;
  }

  /** Ends the thread, so that the database can be closed. */
  async close(): Promise<void> {
    await this.#pass;
    if (this.#thread === undefined) return;
    const { worker, ended } = this.#thread;
    worker.ref();
    worker.postMessage("end");
    await ended;
  }

  /** Never rejects: where the thread fails, SQLite makes the checkpoints again, and whatever fails then fails a write. */
  async #run(): Promise<void> {
    this.#thread ??= begun(this.#path);
    const { worker, ended } = this.#thread;
    const over = new AbortController();
    try {
      worker.ref();
      worker.postMessage("pass");
      const answer = once(worker, "message", { signal: over.signal }) as Promise<[Pass]>;
      const [pass] = await Promise.race([answer, ended.then(() => Promise.reject(new Error("the thread has ended")))]);
      this.#isLong = pass.copied < pass.pages && pass.pages > this.#terms.mostPages;
    } catch {
      this.#hasFailed = true;
      this.#isLong = false;
      if (this.#database.isOpen) this.#makeItself(ownPages);
    } finally {
      over.abort();
      worker.unref();
    }
  }

  #makeItself(pages: number): void {
    this.#database.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
  }
}

function begun(path: string) {
  const worker = new Worker(new URL("checkpoint-thread.ts", import.meta.url), { workerData: path });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  // An error ends the thread.
  worker.on("error", () => {});
  return { worker, ended };
}

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
  readonly #begin: (path: string) => Thread;
  #thread: Thread | undefined;
  #writes = 0;
  /** The checkpoint under way. */
  #pass: Promise<void> | undefined;
  #isLong = false;
  #hasFailed = false;

  /** @param database its only writer, which makes no checkpoints by itself from here on @param begin begins the thread */
  constructor(path: string, database: DatabaseSync, terms = usualTerms, begin = begun) {
    this.#path = path;
    this.#database = database;
    this.#terms = terms;
    this.#begin = begin;
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
    if (this.#thread === undefined || this.#thread.hasEnded) return;
    const { worker } = this.#thread;
    const ended = once(worker, "exit");
    worker.ref();
    worker.postMessage("end");
    await ended;
  }

  /** Never rejects: where the thread fails, SQLite makes the checkpoints again, and whatever fails then fails a write. */
  async #run(): Promise<void> {
    try {
      this.#thread ??= this.#begin(this.#path);
      const { copied, pages } = await passOf(this.#thread);
      this.#isLong = copied < pages && pages > this.#terms.mostPages;
    } catch {
      this.#hasFailed = true;
      this.#isLong = false;
      if (this.#database.isOpen) this.#makeItself(ownPages);
    }
  }

  #makeItself(pages: number): void {
    this.#database.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
  }
}

/** The thread, which keeps no process running but while it is asked. */
interface Thread {
  readonly worker: Worker;
  hasEnded: boolean;
}

function begun(path: string): Thread {
  const worker = new Worker(new URL("checkpoint-thread.ts", import.meta.url), { workerData: path });
  const thread = { worker, hasEnded: false };
  worker.once("exit", () => {
    thread.hasEnded = true;
  });
  // An error ends the thread.
  worker.on("error", () => {});
  return thread;
}

/** Has the thread make a checkpoint. @throws Error where the thread has ended */
async function passOf({ worker, hasEnded }: Thread): Promise<Pass> {
  if (hasEnded) throw new Error("the thread has ended");
  const over = new AbortController();
  try {
    worker.ref();
    worker.postMessage("pass");
    const answer = once(worker, "message", { signal: over.signal }) as Promise<[Pass]>;
    const exit = once(worker, "exit", { signal: over.signal });
    const [pass] = await Promise.race([answer, exit.then(() => Promise.reject(new Error("the thread has ended")))]);
    return pass;
  } finally {
    // Takes both listeners away: a thread that lives for months is asked millions of times.
    over.abort();
    worker.unref();
  }
}

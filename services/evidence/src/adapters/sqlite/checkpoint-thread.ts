import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** How far a checkpoint got, in pages of the write-ahead log. `copied` is all of them where the next write begins the log anew. */
export interface Pass {
  readonly pages: number;
  readonly copied: number;
}

// A thread of its own, started by checkpoints.ts: each message is a wish for a checkpoint, but the one that ends the thread.
const database = new DatabaseSync(String(workerData));
database.exec("PRAGMA synchronous = NORMAL");
const checkpoint = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");

parentPort?.on("message", (wish: "pass" | "end") => {
  if (wish === "end") {
    database.close();
    parentPort?.close();
    return;
  }
  const { log, checkpointed } = checkpoint.get() as { log: number; checkpointed: number };
  parentPort?.postMessage({ pages: log, copied: checkpointed } satisfies Pass);
});

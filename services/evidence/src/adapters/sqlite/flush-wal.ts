import { closeSync, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";
import type { Flush } from "./group-commit.ts";

/** Flushes a file's data to disk. @param descriptor of the file, open for reading */
export type SyncFile = (descriptor: number) => Promise<void>;

export interface WalFlush {
  readonly flush: Flush;
  close(): void;
}

/**
 * Flushes SQLite's write-ahead log on another thread. With `synchronous = NORMAL` SQLite flushes by itself whatever a checkpoint
 * relies on, and with `FULL`, beyond that, the log after each commit: this is that flush. The log stays the same file for as long as
 * the database is open.
 */
export function walFlush(databasePath: string, sync: SyncFile = promisify(fdatasync)): WalFlush {
  let descriptor: number | undefined;
  return {
    async flush() {
      descriptor ??= openSync(`${databasePath}-wal`, "r");
      await sync(descriptor);
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

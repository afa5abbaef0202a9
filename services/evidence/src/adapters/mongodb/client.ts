import { MongoClient } from "mongodb";

/** Milliseconds after which a call that got no answer fails as `Unavailable`; its outcome is unknown then. */
const selectionMs = 5_000;
const connectMs = 5_000;
const socketMs = 15_000;
const writeMs = 10_000;

/**
 * What counts is on a majority before it is answered, and is read from the primary as the majority has it: no entry that
 * was told of can be rolled back. The URL says where and as whom; these rules it cannot change.
 * @param limits `none` for changes of the schema, which may take as long as they need
 */
export function connect(url: string, limits: "usual" | "none" = "usual"): MongoClient {
  return new MongoClient(url, {
    appName: "evidence",
    readPreference: "primary",
    readConcern: { level: "majority" },
    writeConcern: { w: "majority", journal: true, ...(limits === "usual" ? { wtimeoutMS: writeMs } : {}) },
    retryWrites: true,
    retryReads: true,
    serverSelectionTimeoutMS: selectionMs,
    connectTimeoutMS: connectMs,
    socketTimeoutMS: limits === "usual" ? socketMs : 0,
    waitQueueTimeoutMS: selectionMs,
  });
}

/** Reads everything that was acknowledged before, whoever is told to be the primary; for a filter that fits one document. */
export const linearizable = { readConcern: { level: "linearizable" }, maxTimeMS: writeMs } as const;

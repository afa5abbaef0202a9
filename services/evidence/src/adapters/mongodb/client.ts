import { type Db, MongoClient, ReadConcern } from "mongodb";

/**
 * Milliseconds after which the driver gives up. Finding a primary, and one more time for what is read back, fits into what
 * evidence's callers wait (5 s); the others only end what nobody waits for any more (`Database.answered`).
 */
const selectionMs = 2_000;
const connectMs = 5_000;
const socketMs = 10_000;
const writeMs = 10_000;
/** The same for changes of the schema, for which nobody waits. */
const patientSelectionMs = 10_000;

/**
 * What counts is on a majority before it is answered, and is read from the primary as the majority has it: no entry that
 * was told of can be rolled back. The URL says where and as whom; these rules it cannot change.
 * @param limits `none` for changes of the schema, which may take as long as they need
 */
export function connect(
  url: string,
  name: string,
  limits: "usual" | "none" = "usual",
): { readonly client: MongoClient; readonly db: Db } {
  const isPatient = limits === "none";
  const rules = {
    readPreference: "primary",
    readConcern: new ReadConcern("majority"),
    writeConcern: { w: "majority", journal: true, ...(isPatient ? {} : { wtimeoutMS: writeMs }) },
  } as const;
  const client = new MongoClient(url, {
    ...rules,
    appName: "evidence",
    retryWrites: true,
    retryReads: true,
    serverSelectionTimeoutMS: isPatient ? patientSelectionMs : selectionMs,
    connectTimeoutMS: connectMs,
    socketTimeoutMS: isPatient ? 0 : socketMs,
    waitQueueTimeoutMS: selectionMs,
  });
  // Said again: what the client was told, the driver mixes with the URL's `readConcernLevel`, `journal` and `wtimeout`.
  return { client, db: client.db(name, rules) };
}

/** Reads everything that was acknowledged before, whoever is told to be the primary; for a filter that fits one document. */
export const linearizable = { readConcern: { level: "linearizable" }, maxTimeMS: writeMs } as const;

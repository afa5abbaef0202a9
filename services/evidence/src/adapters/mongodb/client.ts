import { type Db, MongoClient, ReadConcern } from "mongodb";

/**
 * Time limits of the driver, milliseconds. Finding a primary, and once more for reading back, fits into the 5 s that evidence's
 * callers wait; the other limits only end calls that nobody waits for any more (`Database.answered`).
 */
const selectionMs = 2_000;
const connectMs = 5_000;
const socketMs = 10_000;
const writeMs = 10_000;
/** The same for schema migrations, which no caller waits for. */
const patientSelectionMs = 10_000;

/**
 * Connects with majority write and read concern on the primary, so that no acknowledged entry can be rolled back. The URL gives
 * address and credentials; it cannot change these rules.
 * @param limits `none` for schema migrations, which may take as long as they need
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
  // Set on the database too: the driver merges the client's rules with the URL's `readConcernLevel`, `journal` and `wtimeout`.
  return { client, db: client.db(name, rules) };
}

/** Reads everything acknowledged before, even where another node still believes to be the primary; for a filter that fits one document. */
export const linearizable = { readConcern: { level: "linearizable" }, maxTimeMS: writeMs } as const;

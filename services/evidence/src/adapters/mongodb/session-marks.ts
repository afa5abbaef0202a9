import type { Collection } from "mongodb";
import type { SessionMark } from "../../core/store.ts";
import { type CollectionSpec, date, objectSchema, text } from "./collection.ts";
import type { Database } from "./database.ts";
import { insertOnce } from "./insert-once.ts";

/** Used challenges and revoked sessions: one document each. A TTL index removes those that have expired. */
export const sessionMarksSpec: CollectionSpec = {
  name: "session_marks",
  schema: objectSchema({ _id: text, write_id: text, expires_at: date }),
  indexes: [{ name: "expiry", key: { expires_at: 1 }, expireAfterSeconds: 0 }],
};

interface MarkDocument {
  /** The mark's name. */
  readonly _id: string;
  /** The session: a call that is repeated for it finds its own mark. */
  readonly write_id: string;
  readonly expires_at: Date;
}

export class SessionMarks {
  readonly #database: Database;
  readonly #marks: Collection<MarkDocument>;

  constructor(database: Database) {
    this.#database = database;
    this.#marks = database.collection(sessionMarksSpec.name);
  }

  async set({ name: _id, sessionId, expiresAtMs }: SessionMark): Promise<boolean> {
    const document = { _id, write_id: sessionId, expires_at: new Date(expiresAtMs) };
    return (await insertOnce(this.#database, this.#marks, document, [{ _id }])).won;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#database.answered(() => this.#marks.findOne({ _id: name }))) !== null;
  }
}

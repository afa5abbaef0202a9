import type { Collection } from "mongodb";
import type { GateEntry } from "../../core/store.ts";
import { type CollectionSpec, date, objectSchema, sha256, text, version } from "./collection.ts";
import type { Database } from "./database.ts";
import { insertOnce } from "./insert-once.ts";

/** Logs of gates: one document an entry. */
export const gateEntriesSpec: CollectionSpec = {
  name: "gate_entries",
  schema: objectSchema({ _id: text, gate_id: text, version, at: date, entry_json: text, hash: sha256, write_id: text }),
  indexes: [{ name: "log", key: { gate_id: 1, version: 1 }, unique: true }],
};

interface GateEntryDocument {
  /** `<gate_id>:<version>` */
  readonly _id: string;
  readonly gate_id: string;
  readonly version: number;
  readonly at: Date;
  readonly entry_json: string;
  readonly hash: string;
  readonly write_id: string;
}

export class GateEntries {
  readonly #database: Database;
  readonly #entries: Collection<GateEntryDocument>;
  readonly #writeId: () => string;

  constructor(database: Database, writeId: () => string) {
    this.#database = database;
    this.#entries = database.collection(gateEntriesSpec.name);
    this.#writeId = writeId;
  }

  async last(gateId: string): Promise<GateEntry | undefined> {
    const found = await this.#database.answered(() =>
      this.#entries.findOne({ gate_id: gateId }, { sort: { version: -1 } }),
    );
    if (found === null) return undefined;
    const { gate_id, at, entry_json, hash } = found;
    return { gateId: gate_id, version: found.version, atMs: at.getTime(), entryJson: entry_json, hash };
  }

  async append({ gateId, version, atMs, entryJson, hash }: GateEntry): Promise<"appended" | "conflict"> {
    const _id = `${gateId}:${version}`;
    const at = new Date(atMs);
    const document = { _id, gate_id: gateId, version, at, entry_json: entryJson, hash, write_id: this.#writeId() };
    const { won } = await insertOnce(this.#database, this.#entries, document, [{ _id }]);
    return won ? "appended" : "conflict";
  }
}

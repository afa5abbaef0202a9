import type { Collection, Filter } from "mongodb";
import type { UsageEntry } from "../../core/store.ts";
import { type CollectionSpec, date, objectSchema, text, version } from "./collection.ts";
import type { Database } from "./database.ts";
import { InsertGroup } from "./insert-group.ts";
import { insertOnce } from "./insert-once.ts";

/** Usage ledgers of wallets: one document an entry. */
export const usageEntriesSpec: CollectionSpec = {
  name: "usage_entries",
  schema: objectSchema({
    _id: text,
    wallet_id: text,
    seq: version,
    request_id: text,
    at: date,
    entry_json: text,
    write_id: text,
  }),
  indexes: [
    { name: "ledger", key: { wallet_id: 1, seq: 1 }, unique: true },
    { name: "request", key: { wallet_id: 1, request_id: 1, seq: 1 } },
  ],
};

interface UsageEntryDocument {
  /** `<wallet_id>:<seq>` */
  readonly _id: string;
  readonly wallet_id: string;
  readonly seq: number;
  readonly request_id: string;
  readonly at: Date;
  readonly entry_json: string;
  readonly write_id: string;
}

export class UsageEntries {
  readonly #database: Database;
  readonly #entries: Collection<UsageEntryDocument>;
  readonly #insert: InsertGroup<UsageEntryDocument>["insert"];
  readonly #writeId: () => string;

  constructor(database: Database, writeId: () => string) {
    this.#database = database;
    this.#entries = database.collection(usageEntriesSpec.name);
    const group = new InsertGroup(database, this.#entries);
    this.#insert = (document) => group.insert(document);
    this.#writeId = writeId;
  }

  last(walletId: string): Promise<UsageEntry | undefined> {
    return this.#last({ wallet_id: walletId });
  }

  lastOf(walletId: string, requestId: string): Promise<UsageEntry | undefined> {
    return this.#last({ wallet_id: walletId, request_id: requestId });
  }

  async after(walletId: string, afterSeq: number, limit: number): Promise<readonly UsageEntry[]> {
    const filter = { wallet_id: walletId, seq: { $gt: afterSeq } };
    const found = this.#entries.find(filter).sort({ seq: 1 }).limit(limit);
    return (await this.#database.answered(() => found.toArray())).map(usageEntryOf);
  }

  async append({ walletId, seq, requestId, atMs, entryJson }: UsageEntry): Promise<"appended" | "conflict"> {
    const document = {
      _id: `${walletId}:${seq}`,
      wallet_id: walletId,
      seq,
      request_id: requestId,
      at: new Date(atMs),
      entry_json: entryJson,
      write_id: this.#writeId(),
    };
    const { won } = await insertOnce(this.#database, this.#entries, document, [{ _id: document._id }], this.#insert);
    return won ? "appended" : "conflict";
  }

  async #last(filter: Filter<UsageEntryDocument>): Promise<UsageEntry | undefined> {
    const found = await this.#database.answered(() => this.#entries.findOne(filter, { sort: { seq: -1 } }));
    return found === null ? undefined : usageEntryOf(found);
  }
}

function usageEntryOf({ wallet_id, seq, request_id, at, entry_json }: UsageEntryDocument): UsageEntry {
  return { walletId: wallet_id, seq, requestId: request_id, atMs: at.getTime(), entryJson: entry_json };
}

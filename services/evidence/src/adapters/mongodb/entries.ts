import type { Collection, Filter } from "mongodb";
import type { Entry } from "../../core/entry.ts";
import type { Claim, Claimed, Opened, OpenWanted, Projection } from "../../core/store.ts";
import { linearizable } from "./client.ts";
import { bool, type CollectionSpec, date, objectSchema, sha256, text, version } from "./collection.ts";
import type { Database } from "./database.ts";
import { InsertGroup } from "./insert-group.ts";
import { insertOnce } from "./insert-once.ts";

/** Logs of workflows: one document an entry. */
export const entriesSpec: CollectionSpec = {
  name: "entries",
  schema: objectSchema(
    {
      _id: text,
      request_id: text,
      version,
      at: date,
      entry_json: text,
      hash: sha256,
      wallet_id: text,
      status: text,
      terminal: bool,
      write_id: text,
    },
    {
      idempotency_key: text,
      fingerprint: sha256,
      approval_of: text,
      open: bool,
      published: bool,
      secret_json: text,
      partition: text,
    },
  ),
  indexes: [
    { name: "log", key: { request_id: 1, version: 1 }, unique: true },
    // Only first entries have a key.
    {
      name: "claim",
      key: { wallet_id: 1, idempotency_key: 1 },
      unique: true,
      partialFilterExpression: { idempotency_key: { $exists: true } },
    },
    {
      name: "approval",
      key: { approval_of: 1 },
      unique: true,
      partialFilterExpression: { approval_of: { $exists: true } },
    },
    { name: "open", key: { request_id: 1 }, partialFilterExpression: { open: true } },
    { name: "open_partition", key: { partition: 1, request_id: 1 }, partialFilterExpression: { open: true } },
    // Not partial: the query is for entries without a mark, which a partial index cannot hold.
    { name: "unpublished", key: { published: 1, request_id: 1 } },
  ],
};

interface EntryDocument {
  /** `<request_id>:<version>`: unique, and checked before any other index. */
  readonly _id: string;
  readonly request_id: string;
  readonly version: number;
  readonly at: Date;
  /** The hashed text. All other fields serve look-ups. */
  readonly entry_json: string;
  readonly hash: string;
  /** The content that `entry_json` names only by its SHA-256. */
  readonly secret_json?: string;
  readonly wallet_id: string;
  /** The record's status after this entry, so that a list need not fold the log. */
  readonly status: string;
  readonly terminal: boolean;
  /** Absent where the log names none, or an older program has written the entry. */
  readonly partition?: string;
  readonly write_id: string;
  /** Set on first entries only, like `fingerprint` and `approval_of`. */
  readonly idempotency_key?: string;
  readonly fingerprint?: string;
  /** The request whose approval this one uses up. */
  readonly approval_of?: string;
  /**
   * Only on a first entry, from its insertion on, so that no crash can hide an open workflow from the list. It is removed after
   * the log has ended; after a crash in between, the list finds the end in the last entry.
   */
  readonly open?: true;
  /** Set once the stream has the entry. Absent means not known to be published, so no crash and no older program can lose an entry. */
  readonly published?: true;
}

/** Time limit for setting many marks at once, which no caller waits for; milliseconds. */
const marksMs = 10_000;

/** The fields of a log's last entry; null where the entry has none. */
type LatestEntry = Omit<Projection, "requestId" | "partition"> & { _id: string; at: Date; partition: string | null };

/** The state of a log, read from its last entry. */
interface LogHead {
  readonly projection: Projection;
  readonly at: Date;
}

export class Entries {
  readonly #database: Database;
  readonly #entries: Collection<EntryDocument>;
  readonly #insert: InsertGroup<EntryDocument>["insert"];
  readonly #writeId: () => string;
  /** First entries that are being inserted, by what no other one may have: the key within the wallet, and the approval. */
  readonly #opening = new Map<string, Promise<EntryDocument>>();

  constructor(database: Database, writeId: () => string) {
    this.#database = database;
    this.#entries = database.collection(entriesSpec.name);
    const group = new InsertGroup(database, this.#entries);
    this.#insert = (document) => group.insert(document);
    this.#writeId = writeId;
  }

  /**
   * Of concurrent requests with one key or one approval in this process, one inserts and the others wait for it: insertions that
   * race on a unique index wait for one another, the longer the more there are, and so do those that are inserted beside them.
   */
  async open(entry: Entry, claim: Claim, projection: Projection): Promise<Opened> {
    const places = placesOf(claim);
    const names = places.map((place) => JSON.stringify(place));
    const first = () => names.map((name) => this.#opening.get(name)).find((opening) => opening !== undefined);
    for (let opening = first(); opening !== undefined; opening = first()) {
      const stored = await opening.catch(() => undefined);
      const winner = stored !== undefined && hasKey(stored, claim) ? stored : await this.#firstAt(places);
      if (winner !== undefined) return lostTo(winner, claim);
    }
    const document = this.#firstDocument(entry, claim, projection);
    const opening = this.#open(document, places).finally(() => {
      for (const name of names) this.#opening.delete(name);
    });
    for (const name of names) this.#opening.set(name, opening);
    const stored = await opening;
    return stored === document ? { kind: "opened" } : lostTo(stored, claim);
  }

  /** @returns the document that has the places now: this one, or the winner's */
  async #open(document: EntryDocument, places: readonly Place[]): Promise<EntryDocument> {
    const inserted = await insertOnce(this.#database, this.#entries, document, places, this.#insert);
    return inserted.won ? document : inserted.winner;
  }

  async #firstAt(places: readonly Place[]): Promise<EntryDocument | undefined> {
    for (const place of places) {
      const found = await this.#database.answered(() => this.#entries.findOne(place, linearizable));
      if (found !== null) return found;
    }
    return undefined;
  }

  #firstDocument(entry: Entry, claim: Claim, projection: Projection): EntryDocument {
    const { idempotencyKey, fingerprint, approvalOf } = claim;
    return {
      ...this.#document(entry, projection),
      idempotency_key: idempotencyKey,
      fingerprint,
      ...(approvalOf === undefined ? {} : { approval_of: approvalOf }),
      ...(projection.terminal ? {} : { open: true }),
    };
  }

  async findClaim(walletId: string, idempotencyKey: string): Promise<Claimed | undefined> {
    const key = { wallet_id: walletId, idempotency_key: idempotencyKey };
    const found = await this.#database.answered(() => this.#entries.findOne(key));
    return found === null ? undefined : claimed(found);
  }

  async append(entry: Entry, projection: Projection): Promise<"appended" | "conflict"> {
    const document = this.#document(entry, projection);
    const { won } = await insertOnce(this.#database, this.#entries, document, [{ _id: document._id }], this.#insert);
    if (!won) return "conflict";
    // Not awaited: the entry is stored already.
    if (projection.terminal) void this.#close([entry.requestId]);
    return "appended";
  }

  async read(requestId: string, afterVersion: number): Promise<readonly Entry[]> {
    const filter = { request_id: requestId, version: { $gt: afterVersion } };
    const found = await this.#database.answered(() => this.#entries.find(filter).sort({ version: 1 }).toArray());
    return found.map((document) => ({
      requestId: document.request_id,
      version: document.version,
      atMs: document.at.getTime(),
      entryJson: document.entry_json,
      hash: document.hash,
      secretJson: document.secret_json,
    }));
  }

  async listOpen({ after: first, limit, sinceMs, partitions }: OpenWanted): Promise<readonly Projection[]> {
    const filter = filterOf(partitions, sinceMs > 0);
    const listed: Projection[] = [];
    let after = first;
    while (listed.length < limit) {
      const marked = await this.#marked(filter, after, limit);
      const last = marked.at(-1);
      if (last === undefined) break;
      after = last;
      const current = await this.#latest(marked);
      const ended = current.flatMap(({ projection }) => (projection.terminal ? [projection.requestId] : []));
      if (ended.length > 0) await this.#close(ended);
      const open = current.filter(({ projection, at }) => !projection.terminal && at.getTime() >= sinceMs);
      listed.push(...open.map(({ projection }) => projection));
      if (marked.length < limit) break;
    }
    return listed.slice(0, limit);
  }

  async listUnpublished(beforeMs: number, afterRequestId: string, limit: number): Promise<readonly string[]> {
    const listed: string[] = [];
    let after = afterRequestId;
    while (listed.length < limit) {
      const unmarked = await this.#unmarked(after, limit);
      const last = unmarked.at(-1);
      if (last === undefined) break;
      after = last;
      const quiet = (await this.#latest([...new Set(unmarked)])).filter(({ at }) => at.getTime() < beforeMs);
      listed.push(...quiet.map(({ projection }) => projection.requestId));
      if (unmarked.length < limit) break;
    }
    return listed.slice(0, limit);
  }

  /** Not every mark need arrive: a workflow without one is published again, which does no harm. */
  async markPublished(versions: ReadonlyMap<string, number>): Promise<void> {
    if (versions.size === 0) return;
    const updates = [...versions].map(([requestId, upTo]) => ({
      updateMany: {
        filter: { request_id: requestId, version: { $lte: upTo }, published: { $exists: false } },
        update: { $set: { published: true as const } },
      },
    }));
    await this.#database.answered(() => this.#entries.bulkWrite(updates, { ordered: false }), marksMs);
  }

  /** Request ids of entries without a published mark, in order; an id occurs once per entry. */
  async #unmarked(after: string, limit: number): Promise<readonly string[]> {
    const filter = { published: { $exists: false }, request_id: { $gt: after } } as const;
    const found = this.#entries
      .find(filter, { projection: { request_id: 1 } })
      .sort({ request_id: 1 })
      .limit(limit);
    return (await this.#database.answered(() => found.toArray())).map(({ request_id }) => request_id);
  }

  /** Request ids of workflows that are marked as open, in order. */
  async #marked(filter: Filter<EntryDocument>, after: string, limit: number): Promise<readonly string[]> {
    const found = this.#entries
      .find({ ...filter, open: true, request_id: { $gt: after } }, { projection: { request_id: 1 } })
      .sort({ request_id: 1 })
      .limit(limit);
    return (await this.#database.answered(() => found.toArray())).map(({ request_id }) => request_id);
  }

  /** The last state of each log, in order of request ids. */
  async #latest(requestIds: readonly string[]): Promise<readonly LogHead[]> {
    const first = (field: string) => ({ $first: `$${field}` });
    const found = this.#entries.aggregate<LatestEntry>([
      { $match: { request_id: { $in: requestIds } } },
      { $sort: { request_id: -1, version: -1 } },
      {
        $group: {
          _id: "$request_id",
          walletId: first("wallet_id"),
          status: first("status"),
          terminal: first("terminal"),
          version: first("version"),
          partition: first("partition"),
          at: first("at"),
        },
      },
      { $sort: { _id: 1 } },
    ]);
    return (await this.#database.answered(() => found.toArray())).map(({ _id, at, partition, ...rest }) => ({
      projection: { requestId: _id, ...rest, partition: partition ?? "" },
      at,
    }));
  }

  /** Takes ended workflows off the list of open ones. Nothing is lost when it fails: the next reader of the list repeats it. */
  async #close(requestIds: readonly string[]): Promise<void> {
    const firsts = requestIds.map((requestId) => idOf(requestId, 1));
    const close = () => this.#entries.updateMany({ _id: { $in: firsts }, open: true }, { $unset: { open: "" } });
    await this.#database.answered(close).catch(() => {});
  }

  #document(entry: Entry, { walletId, status, terminal, partition }: Projection): EntryDocument {
    return {
      _id: idOf(entry.requestId, entry.version),
      request_id: entry.requestId,
      version: entry.version,
      at: new Date(entry.atMs),
      entry_json: entry.entryJson,
      hash: entry.hash,
      ...(entry.secretJson === undefined ? {} : { secret_json: entry.secretJson }),
      wallet_id: walletId,
      status,
      terminal,
      ...(partition === "" ? {} : { partition }),
      write_id: this.#writeId(),
    };
  }
}

/** Fields of which no two first entries may have the same values. */
type Place = Pick<EntryDocument, "wallet_id" | "idempotency_key"> | Pick<EntryDocument, "approval_of">;

/** The first entries of partitions. @param isOfLately leaves out those without one */
function filterOf(partitions: readonly string[] | undefined, isOfLately: boolean): Filter<EntryDocument> {
  if (partitions === undefined) return {};
  const partition = { $in: partitions };
  return isOfLately ? { partition } : { $or: [{ partition }, { partition: { $exists: false } }] };
}

/** The key comes first: a repeated request is told that it exists, and not that its approval is used up. */
function placesOf({ walletId, idempotencyKey, approvalOf }: Claim): readonly Place[] {
  const key = { wallet_id: walletId, idempotency_key: idempotencyKey };
  return approvalOf === undefined ? [key] : [key, { approval_of: approvalOf }];
}

const hasKey = ({ wallet_id, idempotency_key }: EntryDocument, { walletId, idempotencyKey }: Claim) =>
  wallet_id === walletId && idempotency_key === idempotencyKey;

function lostTo(winner: EntryDocument, claim: Claim): Opened {
  if (hasKey(winner, claim)) return { kind: "exists", ...claimed(winner) };
  return { kind: "approval_used", requestId: winner.request_id };
}

function claimed({ request_id, fingerprint }: Pick<EntryDocument, "request_id" | "fingerprint">): Claimed {
  return { requestId: request_id, fingerprint: fingerprint ?? "" };
}

const idOf = (requestId: string, entryVersion: number) => `${requestId}:${entryVersion}`;

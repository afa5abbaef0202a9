import { Code, Refusal } from "@outlayer/kit";
import type { Collection } from "mongodb";
import type { Lease } from "../../core/lease.ts";
import { linearizable } from "./client.ts";
import { type CollectionSpec, date, objectSchema, text, version } from "./collection.ts";
import type { Database } from "./database.ts";
import { insertOnce } from "./insert-once.ts";

/** Leases: one document each, never removed, so that no epoch comes twice. */
export const leasesSpec: CollectionSpec = {
  name: "leases",
  schema: objectSchema({ _id: text, holder_id: text, epoch: version, expires_at: date, write_id: text }),
  indexes: [],
};

/** Time limits of replacing a lease, and of reading back, milliseconds: evidence's callers wait 5 s. */
const updateMs = 3_000;
const readBackMs = 1_500;

interface LeaseDocument {
  /** The resource. */
  readonly _id: string;
  readonly holder_id: string;
  readonly epoch: number;
  readonly expires_at: Date;
  readonly write_id: string;
}

export class Leases {
  readonly #database: Database;
  readonly #leases: Collection<LeaseDocument>;
  readonly #writeId: () => string;

  constructor(database: Database, writeId: () => string) {
    this.#database = database;
    this.#leases = database.collection(leasesSpec.name);
    this.#writeId = writeId;
  }

  async read(resource: string): Promise<Lease | undefined> {
    const found = await this.#urgent(() => this.#leases.findOne({ _id: resource }));
    if (found === null) return undefined;
    return {
      resource,
      holderId: found.holder_id,
      epoch: found.epoch,
      expiresAtMs: found.expires_at.getTime(),
    };
  }

  async replace(before: Lease | undefined, after: Lease): Promise<boolean> {
    const written = { holder_id: after.holderId, epoch: after.epoch, expires_at: new Date(after.expiresAtMs) };
    const document = { ...written, write_id: this.#writeId() };
    const _id = after.resource;
    if (before === undefined) {
      return (await insertOnce(this.#database, this.#leases, { _id, ...document }, [{ _id }])).won;
    }
    const { holderId, epoch, expiresAtMs } = before;
    const filter = { _id, holder_id: holderId, epoch, expires_at: new Date(expiresAtMs) };
    try {
      const replaced = await this.#urgent(() => this.#leases.updateOne(filter, { $set: document }), updateMs);
      if (replaced.modifiedCount === 1) return true;
    } catch (error) {
      if (!(error instanceof Refusal && error.code === Code.Unavailable)) throw error;
    }
    // A write that the driver repeated finds the lease replaced by itself, and an answer can be lost: the winner is read back.
    const found = await this.#urgent(() => this.#leases.findOne({ _id }, linearizable), readBackMs);
    return found?.write_id === document.write_id;
  }

  /** Leases do not queue: one that is lost under load would cause even more load. */
  #urgent<T>(call: () => Promise<T>, limitMs?: number): Promise<T> {
    return this.#database.answered(call, limitMs, "urgent");
  }
}

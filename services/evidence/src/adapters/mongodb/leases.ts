import type { Timers } from "@outlayer/kit";
import type { Collection, Db } from "mongodb";
import type { Lease } from "../../core/lease.ts";
import { linearizable } from "./client.ts";
import { type CollectionSpec, date, objectSchema, text, version } from "./collection.ts";
import { answered, isUnanswered } from "./errors.ts";
import { insertOnce } from "./insert-once.ts";

/** Leases, a document each; never removed, since an epoch must not come twice. */
export const leasesSpec: CollectionSpec = {
  name: "leases",
  schema: objectSchema({ _id: text, holder_id: text, epoch: version, expires_at: date, write_id: text }),
  indexes: [],
};

interface LeaseDocument {
  /** The resource. */
  readonly _id: string;
  readonly holder_id: string;
  readonly epoch: number;
  readonly expires_at: Date;
  readonly write_id: string;
}

export class Leases {
  readonly #leases: Collection<LeaseDocument>;
  readonly #timers: Timers;
  readonly #writeId: () => string;

  constructor(db: Db, timers: Timers, writeId: () => string) {
    this.#leases = db.collection(leasesSpec.name);
    this.#timers = timers;
    this.#writeId = writeId;
  }

  async read(resource: string): Promise<Lease | undefined> {
    const found = await answered(() => this.#leases.findOne({ _id: resource }));
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
      return (await insertOnce(this.#leases, { _id, ...document }, [{ _id }], this.#timers)).won;
    }
    const { holderId, epoch, expiresAtMs } = before;
    const filter = { _id, holder_id: holderId, epoch, expires_at: new Date(expiresAtMs) };
    try {
      const { modifiedCount } = await this.#leases.updateOne(filter, { $set: document });
      if (modifiedCount === 1) return true;
    } catch (error) {
      if (!isUnanswered(error)) throw error;
    }
    // A write that the driver repeated finds the lease replaced by itself, and an answer can be lost: who won is read back.
    const found = await answered(() => this.#leases.findOne({ _id }, linearizable));
    return found?.write_id === document.write_id;
  }
}

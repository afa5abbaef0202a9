import { Code, Refusal } from "@outlayer/kit";
import type { Collection, Db } from "mongodb";
import type { Lease } from "../../core/lease.ts";
import { linearizable } from "./client.ts";
import { type CollectionSpec, date, objectSchema, text, version } from "./collection.ts";
import type { Database } from "./database.ts";
import { insertOnce } from "./insert-once.ts";

/**
 * Leases: one document each. Those of partitions are never removed, so that no epoch comes twice; a TTL index removes those of
 * processes once they are long over.
 */
export const leasesSpec: CollectionSpec = {
  name: "leases",
  schema: objectSchema(
    { _id: text, holder_id: text, epoch: version, expires_at: date, write_id: text },
    {
      taken_at: date,
      taken_epoch: version,
      removable_at: date,
      standing: { bsonType: "object" },
      standing_until: date,
    },
  ),
  indexes: [{ name: "removable", key: { removable_at: 1 }, expireAfterSeconds: 0 }],
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
  readonly taken_at?: Date;
  /** The epoch that began then: a program of the version before takes a lease and leaves both as they were. */
  readonly taken_epoch?: number;
  readonly removable_at?: Date;
  readonly standing?: { readonly stuck: string; readonly waiting_workflows: number };
  /** The end of the lease with which it was said. A renewal without a word, also by the version before, leaves both as they were. */
  readonly standing_until?: Date;
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
    return found === null ? undefined : leaseOf(found);
  }

  async list(nowMs: number, limit: number): Promise<readonly Lease[]> {
    const alive = { expires_at: { $gt: new Date(nowMs) } };
    const found = await this.#urgent(() => this.#leases.find(alive, { sort: { _id: 1 }, limit }).toArray());
    return found.map(leaseOf);
  }

  async replace(before: Lease | undefined, after: Lease): Promise<boolean> {
    const { takenAtMs, removableAtMs, standing } = after;
    const document = {
      holder_id: after.holderId,
      epoch: after.epoch,
      expires_at: new Date(after.expiresAtMs),
      write_id: this.#writeId(),
      ...(takenAtMs === undefined ? {} : { taken_at: new Date(takenAtMs), taken_epoch: after.epoch }),
      ...(removableAtMs === undefined ? {} : { removable_at: new Date(removableAtMs) }),
      ...(standing === undefined
        ? {}
        : {
            standing: { stuck: standing.stuck, waiting_workflows: standing.waitingWorkflows },
            standing_until: new Date(after.expiresAtMs),
          }),
    };
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

const retiredHolder = "retired";

/** Longer than processes of the version before stay in a rollout. A lease's remaining time is 32 bits on the wire: no end is too far. */
const retiredMs = 3_600_000;

/**
 * Takes a lease from whoever holds it, for good: its epoch is over, also for evidence's processes of the version before, which would
 * let its holder go on writing beside those who have its work by now. Nothing happens the second time, and where nobody has had it.
 */
export async function retireLease(db: Db, resource: string, nowMs: number): Promise<void> {
  const leases = db.collection<LeaseDocument>(leasesSpec.name);
  const document = { holder_id: retiredHolder, expires_at: new Date(nowMs + retiredMs), write_id: retiredHolder };
  await leases.updateOne({ _id: resource, holder_id: { $ne: retiredHolder } }, { $set: document, $inc: { epoch: 1 } });
}

function leaseOf(document: LeaseDocument): Lease {
  const { _id, holder_id, epoch, expires_at, taken_at, taken_epoch, standing, standing_until } = document;
  const isSaid = standing !== undefined && standing_until?.getTime() === expires_at.getTime();
  return {
    resource: _id,
    holderId: holder_id,
    epoch,
    expiresAtMs: expires_at.getTime(),
    ...(taken_at === undefined || taken_epoch !== epoch ? {} : { takenAtMs: taken_at.getTime() }),
    ...(isSaid ? { standing: { stuck: standing.stuck, waitingWorkflows: standing.waiting_workflows } } : {}),
  };
}

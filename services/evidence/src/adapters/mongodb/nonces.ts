import { unavailable } from "@outlayer/kit";
import type { Collection } from "mongodb";
import { noncesFrom } from "../../core/nonces.ts";
import { type CollectionSpec, objectSchema, text } from "./collection.ts";
import type { Database } from "./database.ts";
import { isRefusal } from "./errors.ts";

/** Reserved nonces: one document each, kept for good, so that none comes twice. */
export const noncesSpec: CollectionSpec = {
  name: "nonces",
  schema: objectSchema({ _id: text, sender_id: text, nonce: { bsonType: "long" } }),
  indexes: [{ name: "sender_nonce", key: { sender_id: 1, nonce: 1 }, unique: true }],
};

interface NonceDocument {
  /** `<sender_id>:<nonce>` */
  readonly _id: string;
  readonly sender_id: string;
  readonly nonce: bigint;
}

/** In each round one of any number of racing writers wins; losing this many in a row is no coincidence. */
const rounds = 200;

export class Nonces {
  readonly #database: Database;
  readonly #nonces: Collection<NonceDocument>;

  constructor(database: Database) {
    this.#database = database;
    this.#nonces = database.collection(noncesSpec.name, { useBigInt64: true });
  }

  /** Returns only nonces whose insertion was acknowledged; those of a failed round stay unused for ever. */
  async reserve(senderId: string, count: number, atLeast: bigint): Promise<readonly bigint[]> {
    for (let round = 0; round < rounds; round += 1) {
      const nonces = noncesFrom(senderId, await this.#last(senderId), count, atLeast);
      const documents = nonces.map((nonce) => ({ _id: `${senderId}:${nonce}`, sender_id: senderId, nonce }));
      try {
        await this.#database.answered(() => this.#nonces.insertMany(documents, { ordered: true }));
        return nonces;
      } catch (error) {
        // Mostly another writer was in the way: the next round takes other nonces.
        if (!isRefusal(error)) throw error;
      }
    }
    throw unavailable(`nonces of ${senderId} are taken faster than they can be reserved`);
  }

  async #last(senderId: string): Promise<bigint | undefined> {
    const last = await this.#database.answered(() =>
      this.#nonces.findOne({ sender_id: senderId }, { sort: { nonce: -1 } }),
    );
    return last?.nonce;
  }
}

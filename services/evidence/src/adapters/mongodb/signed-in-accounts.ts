import type { Collection } from "mongodb";
import { signedInKeptMs } from "../../core/store.ts";
import { type CollectionSpec, date, objectSchema, text } from "./collection.ts";
import type { Database } from "./database.ts";
import { isRefusal } from "./errors.ts";

/** Accounts that signed in: one document each. A TTL index removes those that have not for a while. */
export const signedInAccountsSpec: CollectionSpec = {
  name: "signed_in_accounts",
  schema: objectSchema({ _id: text, at: date }),
  indexes: [{ name: "at", key: { at: 1 }, expireAfterSeconds: signedInKeptMs / 1000 }],
};

interface AccountDocument {
  /** The account. */
  readonly _id: string;
  /** When it signed in last. */
  readonly at: Date;
}

export class SignedInAccounts {
  readonly #database: Database;
  readonly #accounts: Collection<AccountDocument>;

  constructor(database: Database) {
    this.#database = database;
    this.#accounts = database.collection(signedInAccountsSpec.name);
  }

  async note(_id: string, atMs: number): Promise<void> {
    const update = () =>
      this.#database.answered(() =>
        this.#accounts.updateOne({ _id }, { $max: { at: new Date(atMs) } }, { upsert: true }),
      );
    try {
      await update();
    } catch (error) {
      // Of two that insert the document at once, one is refused as a duplicate; by now it is there.
      if (!isRefusal(error)) throw error;
      await update();
    }
  }

  async list(afterMs: number, limit: number): Promise<readonly string[]> {
    const found = await this.#database.answered(() =>
      this.#accounts.find({ at: { $gt: new Date(afterMs) } }, { sort: { at: -1 }, limit }).toArray(),
    );
    return found.map(({ _id }) => _id);
  }
}

import { Code, Refusal } from "@outlayer/kit";
import type { Collection } from "mongodb";
import type { StoredAccount } from "../../core/store.ts";
import { linearizable } from "./client.ts";
import { type CollectionSpec, date, objectSchema, text } from "./collection.ts";
import type { Database } from "./database.ts";
import { insertOnce } from "./insert-once.ts";

/** Quota accounts: one document a wallet. A TTL index removes those in which nothing counts any more. */
export const quotaAccountsSpec: CollectionSpec = {
  name: "quota_accounts",
  schema: objectSchema({ _id: text, at: date, account_json: text, write_id: text }, { expires_at: date }),
  indexes: [{ name: "expiry", key: { expires_at: 1 }, expireAfterSeconds: 0 }],
};

/** Time limits of replacing an account, and of reading back, milliseconds: evidence's callers wait 5 s. */
const updateMs = 2_000;
const readBackMs = 1_000;

interface AccountDocument {
  /** The wallet. */
  readonly _id: string;
  readonly at: Date;
  readonly account_json: string;
  /** The account's token: a compare-and-set names the version that it read, even if the account was removed and written anew since. */
  readonly write_id: string;
  /** Absent while requests are open, so that the TTL index never removes those. */
  readonly expires_at?: Date;
}

export class QuotaAccounts {
  readonly #database: Database;
  readonly #accounts: Collection<AccountDocument>;

  constructor(database: Database) {
    this.#database = database;
    this.#accounts = database.collection(quotaAccountsSpec.name);
  }

  async read(walletId: string): Promise<StoredAccount | undefined> {
    const found = await this.#database.answered(() => this.#accounts.findOne({ _id: walletId }));
    if (found === null) return undefined;
    return {
      walletId,
      token: found.write_id,
      atMs: found.at.getTime(),
      expiresAtMs: found.expires_at?.getTime(),
      accountJson: found.account_json,
    };
  }

  async replace(before: StoredAccount | undefined, after: StoredAccount): Promise<boolean> {
    const { walletId: _id, token, atMs, expiresAtMs, accountJson } = after;
    const expiry = expiresAtMs === undefined ? {} : { expires_at: new Date(expiresAtMs) };
    const document = { _id, at: new Date(atMs), account_json: accountJson, write_id: token, ...expiry };
    if (before === undefined) return (await insertOnce(this.#database, this.#accounts, document, [{ _id }])).won;
    const filter = { _id, write_id: before.token };
    try {
      const replaced = await this.#database.answered(() => this.#accounts.replaceOne(filter, document), updateMs);
      if (replaced.modifiedCount === 1) return true;
    } catch (error) {
      if (!(error instanceof Refusal && error.code === Code.Unavailable)) throw error;
    }
    // A write that the driver repeated finds the account replaced by itself, and an answer can be lost: the winner is read back.
    const found = await this.#database.answered(() => this.#accounts.findOne({ _id }, linearizable), readBackMs);
    return found?.write_id === token;
  }
}

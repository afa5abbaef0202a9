import type { Storage } from "../../../contract.ts";
import { panic } from "../../sdk/panic.ts";
import { Accounts } from "./accounts.ts";
import { Balances } from "./balances.ts";
import type { VerifierConfig } from "./config.ts";
import { Salts } from "./salts.ts";

/** The verifier's state in its account's storage. */
export class VerifierState {
  readonly accounts: Accounts;
  readonly balances: Balances;
  readonly salts: Salts;
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.accounts = new Accounts(storage);
    this.balances = new Balances(storage, this.accounts);
    this.salts = new Salts(storage);
  }

  get config(): VerifierConfig {
    return this.#storage.get<VerifierConfig>("config") ?? panic("The contract is not initialized");
  }

  set config(config: VerifierConfig) {
    this.#storage.set("config", config);
  }

  get wrappedNearToken(): string {
    return `nep141:${this.config.wrappedNearId}`;
  }
}

import type { Contract, Storage } from "../contract.ts";
import { storedBytes } from "./storage-stake.ts";
import type { Reader, Store } from "./store.ts";
import type { AccessKey, Account, ActionReceipt, Outcome, Receipt, Transaction } from "./types.ts";

/** `code_hash` of an account without a contract. */
export const noCode = "11111111111111111111111111111111";

/** Height multiplier of access key nonces: new keys start at height × 10^6, and no nonce may exceed that. */
export const nonceRange = 1_000_000n;

/** A transaction that was included, and where. */
export interface IncludedTransaction {
  readonly transaction: Transaction;
  readonly height: bigint;
}

/** A yielded callback that waits (NEP-519). */
export interface PendingYield {
  readonly receipt: ActionReceipt;
  readonly createdAt: bigint;
}

/** A receipt that waits for its input, and how many of its data are missing. */
export interface PostponedReceipt {
  readonly receipt: ActionReceipt;
  readonly missing: number;
}

const accountKey = (id: string) => `account ${id}`;
const accessKeyKey = (id: string, publicKey: string) => `key ${id} ${publicKey}`;
const keyListKey = (id: string) => `keys ${id}`;
const contractKey = (id: string) => `contract ${id}`;
const codeKey = (hash: string) => `code ${hash}`;
const storageKey = (id: string, key: string) => `storage ${id} ${key}`;
const transactionKey = (hash: string) => `transaction ${hash}`;
const receiptKey = (id: string) => `receipt ${id}`;
const outcomeKey = (id: string) => `outcome ${id}`;
const dataKey = (dataId: string) => `data ${dataId}`;
const waitingKey = (dataId: string) => `waiting ${dataId}`;
const postponedKey = (id: string) => `postponed ${id}`;
const yieldKey = (dataId: string) => `yield ${dataId}`;
const expiryKey = (height: bigint) => `expiry ${height}`;
const contractBytesKey = (id: string) => `bytes ${id}`;
const balanceKey = "burnt";

/** Typed reads of one version of the state. */
export class StateView {
  protected readonly reader: Reader;

  constructor(reader: Reader) {
    this.reader = reader;
  }

  account(id: string): Account | undefined {
    return this.reader.get(accountKey(id));
  }

  accessKey(id: string, publicKey: string): AccessKey | undefined {
    return this.reader.get(accessKeyKey(id, publicKey));
  }

  /** Public keys of an account, oldest first. */
  publicKeys(id: string): readonly string[] {
    return this.reader.get<readonly string[]>(keyListKey(id)) ?? [];
  }

  contract(id: string): Contract | undefined {
    return this.reader.get(contractKey(id));
  }

  /** A contract that some account had, by its code's hash. */
  contractOfCode(hash: string): Contract | undefined {
    return this.reader.get(codeKey(hash));
  }

  stored<T>(id: string, key: string): T | undefined {
    return this.reader.get(storageKey(id, key));
  }

  /** Bytes of the contract's own state. */
  contractBytes(id: string): bigint {
    return this.reader.get<bigint>(contractBytesKey(id)) ?? 0n;
  }

  transaction(hash: string): IncludedTransaction | undefined {
    return this.reader.get(transactionKey(hash));
  }

  receipt(id: string): Receipt | undefined {
    return this.reader.get(receiptKey(id));
  }

  /** The outcome of a transaction's conversion (by its hash) or of a receipt's execution (by its id). */
  outcome(id: string): Outcome | undefined {
    return this.reader.get(outcomeKey(id));
  }

  data(dataId: string): { readonly value: Uint8Array | null } | undefined {
    return this.reader.get(dataKey(dataId));
  }

  /** Id of the receipt that waits for this data. */
  waitingFor(dataId: string): string | undefined {
    return this.reader.get(waitingKey(dataId));
  }

  postponed(id: string): PostponedReceipt | undefined {
    return this.reader.get(postponedKey(id));
  }

  pendingYield(dataId: string): PendingYield | undefined {
    return this.reader.get(yieldKey(dataId));
  }

  /** Data ids of the yields that time out at this height. */
  expiring(height: bigint): readonly string[] {
    return this.reader.get<readonly string[]>(expiryKey(height)) ?? [];
  }

  /** Yocto burnt for gas, or sent to accounts that no longer existed. */
  burnt(): bigint {
    return this.reader.get<bigint>(balanceKey) ?? 0n;
  }
}

/** Typed writes to the newest version. */
export class State extends StateView {
  readonly #store: Store;

  constructor(store: Store) {
    super(store);
    this.#store = store;
  }

  /**
   * Runs `work` atomically.
   * @throws the error of `work`, after its writes were rolled back
   */
  atomically<T>(work: () => T): T {
    this.#store.begin();
    let answer: T;
    try {
      answer = work();
    } catch (error) {
      this.#store.rollback();
      throw error;
    }
    this.#store.commit();
    return answer;
  }

  /** Runs `work` and rolls back all its writes. */
  withoutTrace(work: () => void): void {
    this.#store.begin();
    try {
      work();
    } finally {
      this.#store.rollback();
    }
  }

  setAccount(id: string, account: Account | undefined): void {
    this.#store.set(accountKey(id), account);
  }

  /** Deletes the account with its keys, contract and contract state. */
  deleteAccount(id: string): void {
    for (const publicKey of this.publicKeys(id)) this.deleteAccessKey(id, publicKey);
    this.setContract(id, undefined);
    this.setAccount(id, undefined);
    const prefix = storageKey(id, "");
    const stored = [...this.#store.entries()].filter(([key]) => key.startsWith(prefix));
    for (const [key] of stored) this.#store.set(key, undefined);
    this.#store.set(contractBytesKey(id), undefined);
  }

  setContract(id: string, contract: Contract | undefined): void {
    this.#store.set(contractKey(id), contract);
    if (contract !== undefined) this.#store.set(codeKey(contract.codeHash), contract);
  }

  setAccessKey(id: string, publicKey: string, key: AccessKey): void {
    if (this.accessKey(id, publicKey) === undefined) {
      this.#store.set(keyListKey(id), [...this.publicKeys(id), publicKey]);
    }
    this.#store.set(accessKeyKey(id, publicKey), key);
  }

  deleteAccessKey(id: string, publicKey: string): void {
    this.#store.set(accessKeyKey(id, publicKey), undefined);
    const left = this.publicKeys(id).filter((key) => key !== publicKey);
    this.#store.set(keyListKey(id), left.length === 0 ? undefined : left);
  }

  /** Sets a value of a contract's state, or deletes it when `undefined`, and counts its bytes. */
  store(id: string, key: string, value: unknown): void {
    const before = this.stored(id, key);
    const more = bytesOfRecord(key, value) - bytesOfRecord(key, before);
    if (more !== 0n) this.#store.set(contractBytesKey(id), this.contractBytes(id) + more);
    this.#store.set(storageKey(id, key), value);
  }

  addTransaction(transaction: Transaction, height: bigint): void {
    this.#store.set(transactionKey(transaction.hash), { transaction, height } satisfies IncludedTransaction);
  }

  addReceipt(receipt: Receipt): void {
    this.#store.set(receiptKey(receipt.id), receipt);
  }

  addOutcome(outcome: Outcome): void {
    this.#store.set(outcomeKey(outcome.id), outcome);
  }

  setData(dataId: string, value: { readonly value: Uint8Array | null } | undefined): void {
    this.#store.set(dataKey(dataId), value);
  }

  setWaiting(dataId: string, receiptId: string | undefined): void {
    this.#store.set(waitingKey(dataId), receiptId);
  }

  setPostponed(id: string, postponed: PostponedReceipt | undefined): void {
    this.#store.set(postponedKey(id), postponed);
  }

  setPendingYield(dataId: string, pending: PendingYield | undefined): void {
    this.#store.set(yieldKey(dataId), pending);
  }

  addExpiry(height: bigint, dataId: string): void {
    this.setExpiries(height, [...this.expiring(height), dataId]);
  }

  setExpiries(height: bigint, dataIds: readonly string[]): void {
    if (this.expiring(height).length === 0 && dataIds.length === 0) return;
    this.#store.set(expiryKey(height), dataIds.length === 0 ? undefined : dataIds);
  }

  burn(amount: bigint): void {
    if (amount > 0n) this.#store.set(balanceKey, this.burnt() + amount);
  }

  /** @throws RangeError when there is less than `amount` */
  addBalance(id: string, amount: bigint): void {
    const account = this.account(id);
    if (account === undefined) throw new RangeError(`no account ${id}`);
    if (account.amount + amount < 0n) throw new RangeError(`balance of ${id} too low`);
    this.setAccount(id, { ...account, amount: account.amount + amount });
  }
}

function bytesOfRecord(key: string, value: unknown): bigint {
  return value === undefined ? 0n : storedBytes(key, value);
}

/** A contract's own part of the state. */
export function contractStorage(state: State, id: string): Storage {
  return {
    get: (key) => state.stored(id, key),
    set: (key, value) => state.store(id, key, value),
    delete: (key) => state.store(id, key, undefined),
  };
}

/** A contract's state for a view call: writes are discarded. */
export function scratchStorage(state: StateView, id: string): Storage {
  const written = new Map<string, unknown>();
  return {
    get: <T>(key: string) => (written.has(key) ? (written.get(key) as T | undefined) : state.stored<T>(id, key)),
    set: (key, value) => {
      written.set(key, value);
    },
    delete: (key) => {
      written.set(key, undefined);
    },
  };
}

/** Ids of all accounts, in the order they were made. */
export function accountIds(store: Store): string[] {
  const prefix = accountKey("");
  return [...store.entries()].flatMap(([key]) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
}

/** Receipts that wait for their inputs, yielded ones among them. */
export function waitingReceipts(store: Store): ActionReceipt[] {
  const prefixes = [postponedKey(""), yieldKey("")];
  return [...store.entries()].flatMap(([key, value]) =>
    prefixes.some((prefix) => key.startsWith(prefix)) ? [(value as PostponedReceipt | PendingYield).receipt] : [],
  );
}

import {
  type Contract,
  ContractPanic,
  HostFailure,
  MethodNotFound,
  type PromiseAction,
} from "../../../src/contract.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { MockEnv, type Scheduled } from "./mock-env.ts";

const NEAR = 10n ** 24n;
const TGAS = 10n ** 12n;
const YIELD_BLOCKS = 200n;

/** What became of one receipt. */
export interface Outcome {
  /** Number of the transaction it belongs to. */
  readonly transaction: number;
  readonly executor: string;
  readonly methods: readonly string[];
  readonly height: bigint;
  readonly ok: boolean;
  readonly logs: readonly string[];
  /** The answer, unless it failed or a promise stands in for it. */
  readonly value?: Uint8Array;
  /** Text of the failure. */
  readonly panic?: string;
  readonly scheduled: readonly Scheduled[];
}

export interface CallSpec {
  readonly receiver: string;
  readonly method: string;
  /** Sent as JSON; bytes as they are. */
  readonly args?: unknown;
  readonly predecessor: string;
  readonly signer?: string;
  readonly deposit?: bigint;
  readonly gas?: bigint;
  readonly promiseResults?: readonly (Uint8Array | null)[];
}

interface Receipt {
  readonly id: string;
  readonly transaction: number;
  readonly receiver: string;
  readonly predecessor: string;
  readonly signer: string;
  readonly actions: readonly PromiseAction[];
  /** Receipts and yields whose results it waits for. */
  readonly after: readonly string[];
  notBefore: bigint;
}

/** A chain just real enough for contracts: blocks, receipts that depend on one another, yields that time out. */
export class MockChain {
  height: bigint;
  /** Nanoseconds since the epoch, the same for all blocks unless set. */
  timestampNs = 1_780_000_000_000_000_000n;
  readonly outcomes: Outcome[] = [];
  randomSeed = new Uint8Array(32);
  readonly #contracts = new Map<string, { readonly contract: Contract; readonly storage: MemoryStorage }>();
  readonly #balances = new Map<string, bigint>();
  readonly #results = new Map<string, Uint8Array | null>();
  readonly #yieldDeadlines = new Map<string, bigint>();
  /** Receipts whose result is another's. */
  readonly #followers = new Map<string, string[]>();
  #waiting: Receipt[] = [];
  #lastId = 0;
  #transactions = 0;

  constructor(height = 1000n) {
    this.height = height;
  }

  deploy(account: string, contract: Contract, initialize: (storage: MemoryStorage) => void = () => {}): void {
    const storage = new MemoryStorage();
    initialize(storage);
    this.#contracts.set(account, { contract, storage });
  }

  balance(account: string): bigint {
    return this.#balances.get(account) ?? 1000n * NEAR;
  }

  setBalance(account: string, yocto: bigint): void {
    this.#balances.set(account, yocto);
  }

  snapshot(account: string): ReadonlyMap<string, unknown> {
    return this.#contract(account).storage.snapshot();
  }

  /** A view's answer, parsed. @throws what the contract throws */
  view<T>(account: string, method: string, args: unknown = {}): T {
    const { contract, storage } = this.#contract(account);
    const env = this.#env(new MemoryStorage(storage), { receiver: account, predecessor: account, signer: account }, 0n);
    const answer = contract.call(env, method, encodeArgs(args));
    if (!("value" in answer)) throw new Error(`${method} is no view`);
    return JSON.parse(Buffer.from(answer.value).toString("utf8")) as T;
  }

  /** Runs a transaction's call in the current block; receipts it makes run in the next ones. */
  call(spec: CallSpec): Outcome {
    this.#transactions += 1;
    const { receiver, method, predecessor, deposit = 0n, gas = 300n * TGAS } = spec;
    const args = encodeArgs(spec.args ?? {});
    this.setBalance(predecessor, this.balance(predecessor) - deposit);
    const receipt = {
      id: this.#nextId(),
      transaction: this.#transactions,
      receiver,
      predecessor,
      signer: spec.signer ?? predecessor,
      actions: [{ kind: "call", method, args, deposit, gas, gasWeight: 0n }] as const,
      after: [],
      notBefore: this.height,
    };
    return this.#run(receipt, spec.promiseResults);
  }

  /** Goes on by so many blocks, running what is due in each. */
  mine(blocks = 1): void {
    for (let left = blocks; left > 0; left -= 1) {
      this.height += 1n;
      for (const [dataId, deadline] of this.#yieldDeadlines) if (deadline <= this.height) this.#resolve(dataId, null);
      const due = this.#waiting.filter((receipt) => receipt.notBefore <= this.height && this.#isReady(receipt));
      this.#waiting = this.#waiting.filter((receipt) => !due.includes(receipt));
      for (const receipt of due) this.#run(receipt);
    }
  }

  /** Mines until nothing but yields is left, and at most 100 blocks. */
  settle(): void {
    const yieldsOnly = () => this.#waiting.every((receipt) => receipt.after.some((id) => this.#yieldDeadlines.has(id)));
    for (let left = 100; left > 0 && !yieldsOnly(); left -= 1) this.mine();
  }

  #run(receipt: Receipt, results?: readonly (Uint8Array | null)[]): Outcome {
    const promiseResults = results ?? receipt.after.map((id) => this.#results.get(id) ?? null);
    const { receiver, predecessor, transaction } = receipt;
    const received = receipt.actions.reduce((sum, action) => sum + action.deposit, 0n);
    const overlay = new MemoryStorage(this.#contracts.get(receiver)?.storage);
    let balance = this.balance(receiver) + received;
    const logs: string[] = [];
    const envs: MockEnv[] = [];
    let answer: { value: Uint8Array } | { promise: number } = { value: new Uint8Array() };
    let panic: string | undefined;
    try {
      for (const action of receipt.actions) {
        if (action.kind === "transfer") continue;
        const env = this.#env(overlay, receipt, action.gas, action.deposit, balance, promiseResults);
        envs.push(env);
        try {
          answer = this.#contract(receiver).contract.call(env, action.method, action.args);
        } finally {
          logs.push(...env.logs);
        }
        balance = env.balance;
      }
    } catch (error) {
      panic = failureText(error);
    }

    const methods = receipt.actions.map((action) => (action.kind === "call" ? action.method : "transfer"));
    const base = { transaction, executor: receiver, methods, height: this.height, logs };
    if (panic !== undefined) {
      this.setBalance(predecessor, this.balance(predecessor) + received);
      this.#resolve(receipt.id, null);
      return this.#record({ ...base, ok: false, panic, scheduled: [] });
    }
    overlay.commit();
    this.setBalance(receiver, balance);
    const receiptIds = envs.flatMap((env) => this.#schedule(env, receipt));
    const scheduled = envs.flatMap((env) => env.scheduled);
    if ("value" in answer) {
      this.#resolve(receipt.id, answer.value);
      return this.#record({ ...base, ok: true, value: answer.value, scheduled });
    }
    // Only the last call's answer counts, so its promises are the last ones made.
    const last = envs.at(-1)?.scheduled.length ?? 0;
    const followed = receiptIds[receiptIds.length - last + answer.promise] ?? "";
    this.#followers.set(followed, [...(this.#followers.get(followed) ?? []), receipt.id]);
    return this.#record({ ...base, ok: true, scheduled });
  }

  /** Turns what a call scheduled into receipts; answers their ids. */
  #schedule(env: MockEnv, parent: Receipt): readonly string[] {
    const weights = env.scheduled.flatMap((entry) => weightsOf(entry)).reduce((sum, weight) => sum + weight, 0n);
    const share = weights > 0n ? env.gasLeft / weights : 0n;
    const ids: string[] = [];
    for (const entry of env.scheduled) {
      const id = this.#nextId();
      const common = { id, transaction: parent.transaction, predecessor: env.current, signer: env.signer };
      const withShare = (action: PromiseAction): PromiseAction =>
        action.kind === "call" ? { ...action, gas: action.gas + share * action.gasWeight } : action;
      if (entry.kind === "yield") {
        const actions = [withShare({ kind: "call", deposit: 0n, ...entry.spec })];
        this.#yieldDeadlines.set(entry.dataId, this.height + YIELD_BLOCKS);
        this.#wait({ ...common, receiver: env.current, actions, after: [entry.dataId] });
      } else {
        const after = (entry.spec.after ?? []).map((index) => ids[index] ?? "");
        this.#wait({ ...common, receiver: entry.spec.receiver, actions: entry.spec.actions.map(withShare), after });
      }
      ids.push(id);
    }
    for (const { dataId, payload } of env.resumed) this.#resolve(dataId, payload);
    return ids;
  }

  #wait(receipt: Omit<Receipt, "notBefore">): void {
    this.#waiting.push({ ...receipt, notBefore: this.height + 1n });
  }

  #resolve(id: string, result: Uint8Array | null): void {
    this.#results.set(id, result);
    this.#yieldDeadlines.delete(id);
    for (const receipt of this.#waiting) {
      if (receipt.after.includes(id)) receipt.notBefore = this.height + 1n;
    }
    for (const follower of this.#followers.get(id) ?? []) this.#resolve(follower, result);
  }

  #isReady(receipt: Receipt): boolean {
    return receipt.after.every((id) => this.#results.has(id));
  }

  #env(
    storage: MemoryStorage,
    { receiver, predecessor, signer }: Pick<Receipt, "receiver" | "predecessor" | "signer">,
    prepaidGas: bigint,
    deposit = 0n,
    balance = this.balance(receiver),
    promiseResults: readonly (Uint8Array | null)[] = [],
  ): MockEnv {
    return new MockEnv({
      storage,
      current: receiver,
      predecessor,
      signer,
      deposit,
      prepaidGas: prepaidGas || 300n * TGAS,
      height: this.height,
      timestampNs: this.timestampNs,
      balance,
      promiseResults,
      randomSeed: this.randomSeed,
      isWaiting: (dataId) => this.#yieldDeadlines.has(dataId),
      nextDataId: () => this.#nextId(),
    });
  }

  #contract(account: string): { readonly contract: Contract; readonly storage: MemoryStorage } {
    const deployed = this.#contracts.get(account);
    if (!deployed) throw new HostFailure(`no contract on ${account}`);
    return deployed;
  }

  #record(outcome: Outcome): Outcome {
    this.outcomes.push(outcome);
    return outcome;
  }

  #nextId(): string {
    this.#lastId += 1;
    return `#${this.#lastId}`;
  }
}

function weightsOf(entry: Scheduled): readonly bigint[] {
  if (entry.kind === "yield") return [entry.spec.gasWeight];
  return entry.spec.actions.map((action) => (action.kind === "call" ? action.gasWeight : 0n));
}

function failureText(error: unknown): string {
  const expected = error instanceof ContractPanic || error instanceof HostFailure || error instanceof MethodNotFound;
  if (!expected) throw error;
  return error.message;
}

function encodeArgs(args: unknown): Uint8Array {
  return args instanceof Uint8Array ? args : new Uint8Array(Buffer.from(JSON.stringify(args)));
}

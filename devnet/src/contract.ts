/**
 * The interface between a contract and the chain that runs it. A contract is a pure object: it reads and acts only through `Env`, and
 * its state lives in `Env.storage`. The chain (or a test) commits writes when the call returns, and drops them, promises included,
 * when the call throws `ContractPanic`.
 */
export interface Contract {
  /** Base58 of the SHA-256 that `view_account` shows as `code_hash`. */
  readonly codeHash: string;
  /**
   * Runs one method. Returns bytes, or the promise whose result stands in for them.
   * @throws ContractPanic as the real contract panics; MethodNotFound for a method that it does not have
   */
  call(env: Env, method: string, args: Uint8Array): Returned;
}

export type Returned = { readonly value: Uint8Array } | { readonly promise: PromiseIndex };

/** Index of a promise made in the current call. */
export type PromiseIndex = number;

/** State of one account's contract. Values are never mutated in place: a changed value is set anew. */
export interface Storage {
  get<T>(key: string): T | undefined;
  set(key: string, value: unknown): void;
  delete(key: string): void;
}

/** The host, during one call. Amounts are yoctoNEAR, gas is in gas units. */
export interface Env {
  readonly storage: Storage;
  readonly current: string;
  readonly predecessor: string;
  readonly signer: string;
  /** `ed25519:` and base58. */
  readonly signerPublicKey: string;
  readonly deposit: bigint;
  readonly prepaidGas: bigint;
  readonly height: bigint;
  readonly timestampNs: bigint;
  /** The current account's balance, the deposit included. */
  readonly balance: bigint;
  /** Results of the promises that this call waited for; null for one that failed. */
  readonly promiseResults: readonly (Uint8Array | null)[];
  /** 32 bytes, the same for all calls of a block. */
  readonly randomSeed: Uint8Array;

  log(line: string): void;
  /** Burns gas. @throws HostFailure `Exceeded the prepaid gas.` */
  useGas(units: bigint): void;
  /**
   * Schedules a receipt. With `after` it runs once those promises have results, and sees them.
   * @throws HostFailure `Exceeded the prepaid gas.` or `Exceeded the account balance.`; ContractPanic for an empty method name
   *   "called `Result::unwrap()` on an `Err` value: HostError(EmptyMethodName)"
   */
  promise(spec: PromiseSpec): PromiseIndex;
  /** NEP-519: a callback on the current account that runs once it is resumed, or with a failed result after 200 blocks. */
  yieldCreate(spec: YieldSpec): { readonly promise: PromiseIndex; readonly dataId: string };
  /** Whether such a yield was waiting. */
  yieldResume(dataId: string, payload: Uint8Array): boolean;
}

export interface PromiseSpec {
  readonly receiver: string;
  readonly actions: readonly PromiseAction[];
  readonly after?: readonly PromiseIndex[];
}

export type PromiseAction =
  | {
      readonly kind: "call";
      readonly method: string;
      readonly args: Uint8Array;
      readonly deposit: bigint;
      /** Static gas. */
      readonly gas: bigint;
      /**
       * Share in the current call's unused gas. near-sdk's default is 1 for a call of a contract's interface, with static gas or
       * without, and 0 for a plain `function_call`.
       */
      readonly gasWeight: bigint;
    }
  | { readonly kind: "transfer"; readonly deposit: bigint };

export interface YieldSpec {
  readonly method: string;
  readonly args: Uint8Array;
  readonly gas: bigint;
  readonly gasWeight: bigint;
}

/** The contract panicked: `message` is its own text, without `Smart contract panicked: `. */
export class ContractPanic extends Error {
  override readonly name = "ContractPanic";
}

/** A failure of the host, not a panic of the contract. Shown unchanged, e.g. `Exceeded the prepaid gas.` */
export class HostFailure extends Error {
  override readonly name = "HostFailure";
}

export class MethodNotFound extends Error {
  override readonly name = "MethodNotFound";
}

import {
  ContractPanic,
  type Env,
  HostFailure,
  type PromiseIndex,
  type PromiseSpec,
  type Storage,
  type YieldSpec,
} from "../../../src/contract.ts";

/** What a call sees of the world; `MockEnv` adds what it does to it. */
export interface CallContext {
  readonly storage: Storage;
  readonly current: string;
  readonly predecessor: string;
  readonly signer: string;
  readonly deposit: bigint;
  readonly prepaidGas: bigint;
  readonly height: bigint;
  readonly timestampNs: bigint;
  readonly balance: bigint;
  readonly promiseResults: readonly (Uint8Array | null)[];
  readonly randomSeed: Uint8Array;
  /** Whether a yield of that id waits. */
  isWaiting(dataId: string): boolean;
  /** An id that no yield has yet. */
  nextDataId(): string;
}

export type Scheduled =
  | { readonly kind: "promise"; readonly spec: PromiseSpec }
  | { readonly kind: "yield"; readonly spec: YieldSpec; readonly dataId: string };

/** The host of one call: records what it schedules, and keeps count of gas and balance. */
export class MockEnv implements Env {
  readonly signerPublicKey = "ed25519:9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj";
  readonly storage: Storage;
  readonly current: string;
  readonly predecessor: string;
  readonly signer: string;
  readonly deposit: bigint;
  readonly prepaidGas: bigint;
  readonly height: bigint;
  readonly timestampNs: bigint;
  readonly promiseResults: readonly (Uint8Array | null)[];
  readonly randomSeed: Uint8Array;
  readonly logs: string[] = [];
  readonly scheduled: Scheduled[] = [];
  readonly resumed: { readonly dataId: string; readonly payload: Uint8Array }[] = [];
  gasLeft: bigint;
  balance: bigint;
  readonly #context: CallContext;

  constructor(context: CallContext) {
    this.#context = context;
    this.storage = context.storage;
    this.current = context.current;
    this.predecessor = context.predecessor;
    this.signer = context.signer;
    this.deposit = context.deposit;
    this.prepaidGas = context.prepaidGas;
    this.gasLeft = context.prepaidGas;
    this.height = context.height;
    this.timestampNs = context.timestampNs;
    this.balance = context.balance;
    this.promiseResults = context.promiseResults;
    this.randomSeed = context.randomSeed;
  }

  log(line: string): void {
    this.logs.push(line);
  }

  useGas(units: bigint): void {
    if (units > this.gasLeft) throw new HostFailure("Exceeded the prepaid gas.");
    this.gasLeft -= units;
  }

  promise(spec: PromiseSpec): PromiseIndex {
    for (const action of spec.actions) {
      if (action.kind === "call") {
        if (action.method === "") {
          throw new ContractPanic("called `Result::unwrap()` on an `Err` value: HostError(EmptyMethodName)");
        }
        this.useGas(action.gas);
      }
      if (action.deposit > this.balance) throw new HostFailure("Exceeded the account balance.");
      this.balance -= action.deposit;
    }
    return this.scheduled.push({ kind: "promise", spec }) - 1;
  }

  yieldCreate(spec: YieldSpec): { promise: PromiseIndex; dataId: string } {
    this.useGas(spec.gas);
    const dataId = this.#context.nextDataId();
    return { promise: this.scheduled.push({ kind: "yield", spec, dataId }) - 1, dataId };
  }

  yieldResume(dataId: string, payload: Uint8Array): boolean {
    if (!this.#context.isWaiting(dataId) || this.resumed.some((done) => done.dataId === dataId)) return false;
    this.resumed.push({ dataId, payload });
    return true;
  }
}

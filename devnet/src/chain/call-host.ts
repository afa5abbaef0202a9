import {
  ContractPanic,
  type Env,
  HostFailure,
  type PromiseAction,
  type PromiseIndex,
  type PromiseSpec,
  type Storage,
  type YieldSpec,
} from "../contract.ts";
import { isAccountId } from "../crypto/account-id.ts";
import { executionFee, fees, maxGasBurnt, sendFee, totalSendFees } from "./fees.ts";
import type { Action, ActionReceipt, DataReceiver } from "./types.ts";

/** A receipt in the making, before it gets its share of the unused gas. */
export interface DraftReceipt {
  readonly receiver: string;
  readonly actions: Action[];
  /** Weight of each action in the unused gas, 0 where it has none. */
  readonly weights: bigint[];
  readonly inputDataIds: readonly string[];
  readonly outputs: DataReceiver[];
  readonly isYield: boolean;
}

export interface DraftResume {
  readonly dataId: string;
  readonly payload: Uint8Array;
}

/** The receipt and block that a call runs in, as the call sees them. */
export interface CallContext {
  readonly receipt: ActionReceipt;
  readonly deposit: bigint;
  readonly prepaidGas: bigint;
  readonly height: bigint;
  readonly timestampNs: bigint;
  /** The account's balance, deposit included. */
  readonly balance: bigint;
  readonly promiseResults: readonly (Uint8Array | null)[];
  readonly randomSeed: Uint8Array;
  readonly storage: Storage;
  /** A unique data id. */
  newDataId(): string;
  /** Whether a yield of this account waits for that data. */
  hasYield(dataId: string): boolean;
}

const maxResumePayload = 1024;

/** The host of one call: counts gas, keeps logs, and drafts the receipts that the call asks for. */
export class CallHost implements Env {
  readonly storage: Storage;
  readonly current: string;
  readonly predecessor: string;
  readonly signer: string;
  readonly signerPublicKey: string;
  readonly deposit: bigint;
  readonly prepaidGas: bigint;
  readonly height: bigint;
  readonly timestampNs: bigint;
  readonly promiseResults: readonly (Uint8Array | null)[];
  readonly randomSeed: Uint8Array;
  readonly logs: string[] = [];
  readonly drafts: DraftReceipt[] = [];
  readonly resumes: DraftResume[] = [];
  /** The host's first refusal: the call has failed, even if the contract catches it. */
  failure: HostFailure | undefined;
  gasBurnt = 0n;
  gasUsed = 0n;
  #balance: bigint;
  readonly #context: CallContext;

  constructor(context: CallContext) {
    const { receipt } = context;
    this.#context = context;
    this.#balance = context.balance;
    this.storage = context.storage;
    this.current = receipt.receiver;
    this.predecessor = receipt.predecessor;
    this.signer = receipt.signer;
    this.signerPublicKey = receipt.signerPublicKey;
    this.deposit = context.deposit;
    this.prepaidGas = context.prepaidGas;
    this.height = context.height;
    this.timestampNs = context.timestampNs;
    this.promiseResults = context.promiseResults;
    this.randomSeed = context.randomSeed;
  }

  get balance(): bigint {
    return this.#balance;
  }

  log(line: string): void {
    this.logs.push(line);
  }

  useGas(units: bigint): void {
    this.#take(units, units);
  }

  promise(spec: PromiseSpec): PromiseIndex {
    if (!isAccountId(spec.receiver)) this.#fail("Account ID is invalid");
    const toItself = spec.receiver === this.current;
    const after = spec.after ?? [];
    this.#payReceipt(toItself, after.length);
    const inputDataIds = after.map((index) => this.#outputOf(index, spec.receiver));
    const draft: DraftReceipt = {
      receiver: spec.receiver,
      actions: [],
      weights: [],
      inputDataIds,
      outputs: [],
      isYield: false,
    };
    for (const action of spec.actions) this.#append(draft, action, toItself);
    return this.drafts.push(draft) - 1;
  }

  yieldCreate(spec: YieldSpec): { promise: PromiseIndex; dataId: string } {
    this.#payReceipt(true, 1);
    const dataId = this.#context.newDataId();
    const draft: DraftReceipt = {
      receiver: this.current,
      actions: [],
      weights: [],
      inputDataIds: [dataId],
      outputs: [],
      isYield: true,
    };
    this.#append(draft, { kind: "call", deposit: 0n, ...spec }, true);
    return { promise: this.drafts.push(draft) - 1, dataId };
  }

  yieldResume(dataId: string, payload: Uint8Array): boolean {
    if (payload.length > maxResumePayload) {
      this.#fail(`Yield resume payload is ${payload.length} bytes which exceeds the ${maxResumePayload} byte limit`);
    }
    const own = this.drafts.some((draft) => draft.isYield && draft.inputDataIds[0] === dataId);
    if (!own && !this.#context.hasYield(dataId)) return false;
    this.resumes.push({ dataId, payload });
    return true;
  }

  /** Distributes the unused gas by weight; the last call gets the remainder of the division. */
  distributeGas(): void {
    const left = this.prepaidGas - this.gasUsed;
    const weighted = this.drafts.flatMap((draft) =>
      draft.weights.flatMap((weight, index) => (weight > 0n ? [{ draft, index, weight }] : [])),
    );
    const total = weighted.reduce((sum, { weight }) => sum + weight, 0n);
    if (total === 0n || left <= 0n) return;
    let given = 0n;
    for (const [position, { draft, index, weight }] of weighted.entries()) {
      const isLast = position === weighted.length - 1;
      const share = isLast ? left - given : (left / total) * weight;
      given += share;
      const action = draft.actions[index];
      if (action?.kind === "functionCall") draft.actions[index] = { ...action, gas: action.gas + share };
    }
    this.gasUsed += left;
  }

  #append(draft: DraftReceipt, action: PromiseAction, toItself: boolean): void {
    const made: Action =
      action.kind === "call"
        ? {
            kind: "functionCall",
            methodName: action.method,
            args: action.args,
            gas: action.gas,
            deposit: action.deposit,
          }
        : { kind: "transfer", deposit: action.deposit };
    if (made.kind === "functionCall" && made.methodName === "") {
      throw new ContractPanic("called `Result::unwrap()` on an `Err` value: HostError(EmptyMethodName)");
    }
    const send = totalSendFees([made], toItself);
    this.#take(send, send + executionFee(made));
    if (action.kind === "call") this.#take(0n, action.gas);
    if (action.deposit > this.#balance) this.#fail("Exceeded the account balance.");
    this.#balance -= action.deposit;
    draft.actions.push(made);
    draft.weights.push(action.kind === "call" ? action.gasWeight : 0n);
  }

  /** Makes the promise send its result to a receipt of `receiver`, and names the data. */
  #outputOf(index: PromiseIndex, receiver: string): string {
    const draft = this.drafts[index];
    if (draft === undefined) return this.#fail(`${index} does not correspond to existing promises`);
    const dataId = this.#context.newDataId();
    draft.outputs.push({ dataId, receiver });
    return dataId;
  }

  #payReceipt(toItself: boolean, dataDependencies: number): void {
    const { actionReceipt, dataReceiptBase } = fees;
    // Sending and executing data receipts both burn where they are asked for.
    const perData = sendFee(dataReceiptBase, toItself) + dataReceiptBase.execution;
    const burnt = sendFee(actionReceipt, toItself) + perData * BigInt(dataDependencies);
    this.#take(burnt, burnt + actionReceipt.execution);
  }

  #take(burnt: bigint, used: bigint): void {
    if (this.gasUsed + used > this.prepaidGas) {
      this.gasBurnt = this.gasBurnt + burnt < this.prepaidGas ? this.gasBurnt + burnt : this.prepaidGas;
      this.#fail("Exceeded the prepaid gas.");
    }
    this.gasBurnt += burnt;
    this.gasUsed += used;
    if (this.gasBurnt > maxGasBurnt) this.#fail("Exceeded the maximum amount of gas allowed to burn per contract.");
  }

  #fail(message: string): never {
    this.failure ??= new HostFailure(message);
    throw this.failure;
  }
}

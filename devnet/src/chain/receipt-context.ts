import type { State } from "./state.ts";
import type { ActionReceipt, Receipt } from "./types.ts";

/** The block that is being made. */
export interface BlockContext {
  readonly state: State;
  readonly height: bigint;
  readonly hash: string;
  readonly timestampNs: bigint;
  readonly randomSeed: Uint8Array;
  /** Yocto per gas unit. */
  readonly gasPrice: bigint;
  /** Receipts made so far; they run in the next block. */
  readonly outgoing: Receipt[];
  /** Gas burnt so far. */
  gasBurnt: bigint;
  /** Yocto burnt so far. */
  tokensBurnt: bigint;
}

/** A receipt that an action makes, before it has an id. */
export interface NewReceipt {
  readonly predecessor: string;
  readonly receiver: string;
  readonly signer: string;
  readonly signerPublicKey: string;
  readonly gasPrice: bigint;
  readonly actions: ActionReceipt["actions"];
  readonly inputDataIds: ActionReceipt["inputDataIds"];
  readonly outputs: ActionReceipt["outputs"];
  readonly isYield: boolean;
}

/** One action receipt while it runs. */
export interface ReceiptContext {
  readonly block: BlockContext;
  readonly state: State;
  readonly receipt: ActionReceipt;
  /** Inputs in the order of its data ids; null for a failed one. */
  readonly promiseResults: readonly (Uint8Array | null)[];
  newDataId(): string;
  /** Schedules a receipt, and returns its index among this receipt's. */
  emit(receipt: NewReceipt): number;
  /** Schedules a transfer from the system. */
  refund(receiver: string, amount: bigint): void;
}

import type { Hop } from "./hops.ts";
import type { BlockRules } from "./rules.ts";
import type { ShardLayout } from "./shards.ts";
import type { State } from "./state.ts";
import type { ActionReceipt, Receipt } from "./types.ts";
import { blocksLate } from "./weather.ts";

/** The block that is being made. */
export interface BlockContext {
  readonly state: State;
  readonly layout: ShardLayout;
  readonly rules: BlockRules;
  readonly height: bigint;
  readonly hash: string;
  readonly timestampNs: bigint;
  readonly randomSeed: Uint8Array;
  /** Yocto per gas unit. */
  readonly gasPrice: bigint;
  /** Receipts made so far; they run in later blocks. */
  readonly outgoing: Hop[];
  /** Gas burnt so far, by shard. */
  readonly gasBurnt: bigint[];
  /** Yocto burnt so far, by shard. */
  readonly tokensBurnt: bigint[];
}

/** The way of a receipt that an account's shard makes: the next block runs it, or a later one where it is late. */
export function hopOf({ layout, rules, height }: BlockContext, maker: string, receipt: Receipt): Hop {
  const from = layout.of(maker);
  const late = blocksLate(rules.weather, from, layout.of(receipt.receiver), height);
  return { receipt, from, dueAt: height + 1n + late };
}

/** Counts what an account's shard burns. */
export function countBurnt(block: BlockContext, accountId: string, gas: bigint, tokens: bigint): void {
  const shard = block.layout.of(accountId);
  block.gasBurnt[shard] = (block.gasBurnt[shard] ?? 0n) + gas;
  block.tokensBurnt[shard] = (block.tokensBurnt[shard] ?? 0n) + tokens;
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

import type { ChainView } from "../chain/chain-view.ts";
import type { Transaction } from "../chain/types.ts";
import type { TxStatus } from "./tx-status.ts";

/** The context of one RPC call: the node as this caller sees it. */
export interface RpcCall {
  /** The chain, as far as this node has it. */
  view(): ChainView;
  /**
   * Submits a transaction, at once or as late as a fault delays it.
   * @throws InvalidTransaction
   */
  submit(transaction: Transaction): void;
  /** Whether a fault still hides the transaction. */
  hides(status: TxStatus): boolean;
  readonly shards: TrackedShards;
  /** Polls after every block, for nearcore's 10 seconds. @returns undefined when the time is up */
  poll<T>(ask: () => T | undefined): Promise<T | undefined>;
  /** The form of answers to failed view calls and missing access keys, which depends on a node's version. */
  readonly queryErrors: QueryErrors;
}

/** The shards that a node is on. */
export interface TrackedShards {
  has(shard: number): boolean;
  includes(accountId: string): boolean;
  /** Whether it tells where it is not on a shard; else its answers about transactions there have no outcomes. */
  readonly isTold: boolean;
}

/** Whether a failed query has `error` inside its result, or is an error of the RPC. */
export type QueryErrors = "result" | "error";

export type RpcMethod = (call: RpcCall, params: unknown) => unknown;

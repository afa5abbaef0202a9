import type { ChainView } from "../chain/chain-view.ts";
import type { Transaction } from "../chain/types.ts";
import type { TxStatus } from "./tx-status.ts";

/** What one call of the RPC works with: the node as this caller is made to see it. */
export interface RpcCall {
  /** The chain, as far as this node has it. */
  view(): ChainView;
  /**
   * Takes a transaction in, at once or as late as a fault has it arrive.
   * @throws InvalidTransaction
   */
  submit(transaction: Transaction): void;
  /** Whether a fault hides that transaction still. */
  hides(status: TxStatus): boolean;
  /** Asks again after every block, for nearcore's 10 seconds. @returns undefined when the time is up */
  poll<T>(ask: () => T | undefined): Promise<T | undefined>;
  /** How a failed view call or a missing access key is answered, which depends on a node's version. */
  readonly queryErrors: QueryErrors;
}

/** As `error` inside the result, or as an error of the RPC. */
export type QueryErrors = "result" | "error";

export type RpcMethod = (call: RpcCall, params: unknown) => unknown;

import { chunkGasLimit, defaultGasPrice } from "./fees.ts";
import { calm, type Weather } from "./weather.ts";

/** What blocks are made by. */
export interface BlockRules {
  /** Yocto per gas unit. */
  readonly gasPrice: bigint;
  /** Gas that a shard's receipts may burn before the rest waits for the next block. */
  readonly chunkGasLimit: bigint;
  /** Whether a timeout beats a resume of the same block. */
  readonly timeoutWins: boolean;
  /**
   * Whether a block's chunks are made as soon as the block before it is there, as nearcore makes them: a transaction that comes later
   * is included one block later.
   */
  readonly chunksAhead: boolean;
  readonly weather: Weather;
}

export const defaultRules: BlockRules = {
  gasPrice: defaultGasPrice,
  chunkGasLimit,
  timeoutWins: true,
  chunksAhead: false,
  weather: calm,
};

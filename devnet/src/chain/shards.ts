import { fractionOf } from "./chance.ts";

/** As many as mainnet has had so far. */
const mostShards = 9;

/** Which shard an account is on: by its name, as the seed scatters them, and the same for good. */
export class ShardLayout {
  readonly count: number;
  readonly shards: readonly number[];
  readonly #seed: string;
  readonly #known = new Map<string, number>();

  /** @throws RangeError for a count that is not from 1 to 9 */
  constructor(count: number, seed: string) {
    if (!Number.isInteger(count) || count < 1 || count > mostShards) {
      throw new RangeError(`a chain has 1 to ${mostShards} shards, not ${count}`);
    }
    this.count = count;
    this.shards = Array.from({ length: count }, (_, shard) => shard);
    this.#seed = seed;
  }

  of(accountId: string): number {
    if (this.count === 1) return 0;
    const known = this.#known.get(accountId);
    if (known !== undefined) return known;
    const shard = Math.floor(fractionOf("shard", this.#seed, accountId) * this.count);
    this.#known.set(accountId, shard);
    return shard;
  }
}

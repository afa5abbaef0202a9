import type { ShardLayout } from "./shards.ts";
import type { Receipt } from "./types.ts";

/** A receipt on its way to the shard that it runs on. */
export interface Hop {
  readonly receipt: Receipt;
  /** The shard that it was made on. */
  readonly from: number;
  /** Height of the first block that may run it. */
  readonly dueAt: bigint;
}

/**
 * Runs what is due at a height, in order. What has to wait holds up what comes behind it from the same shard to the same shard, and a
 * shard without a chunk, or with a full one, everything that it would run: receipts do not overtake one another there.
 * @param takes whether the shard still takes a receipt; asked again after each one
 * @returns what has run, by shard, and what is left for later blocks
 */
export function runDue(
  queue: readonly Hop[],
  height: bigint,
  layout: ShardLayout,
  takes: (shard: number) => boolean,
  run: (receipt: Receipt) => void,
): { readonly ran: readonly (readonly Receipt[])[]; readonly left: readonly Hop[] } {
  const ran: Receipt[][] = layout.shards.map(() => []);
  const left: Hop[] = [];
  const heldUp = new Set<number>();
  for (const hop of queue) {
    const to = layout.of(hop.receipt.receiver);
    const link = hop.from * layout.count + to;
    if (hop.dueAt > height || heldUp.has(link) || !takes(to)) {
      heldUp.add(link);
      left.push(hop);
      continue;
    }
    run(hop.receipt);
    ran[to]?.push(hop.receipt);
  }
  return { ran, left };
}

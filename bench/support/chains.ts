import { setTimeout as pause } from "node:timers/promises";
import { dust } from "../../test/support/steps.ts";
import { BenchSystem } from "./bench-system.ts";
import type { Figure } from "./table.ts";

/** What the chain and its node are like while chains are measured. */
export interface Conditions {
  readonly shards?: number;
  /** The devnet's chances of being unkind, as its control takes them. */
  readonly weather?: Readonly<Record<string, number>>;
  /** Milliseconds by which every answer of the node is late. */
  readonly answersLateMs?: number;
  /** A block's chunks are made when the block before it is there. */
  readonly chunksAhead?: boolean;
  /** Least share of the ceiling, in percent; undefined: figures are only shown. */
  readonly target?: number;
}

/** Mainnet's block time, milliseconds. */
const blockMs = 600;

/** Sizes of chains, and how many workflows of each are started at once: enough for some sixty blocks. */
const sizes: readonly (readonly [calls: number, workflows: number])[] = [
  [1, 40],
  [2, 16],
  [3, 10],
  [6, 5],
  [12, 3],
];

/** Longest that one record may stay as it is, milliseconds: the last of the queue waits for all others. */
const patienceMs = 300_000;

const wallets = ["bench-1", "bench-2", "bench-3"];

/**
 * Chains of some sizes, each back to back, against the gate's own ceiling: n calls every 3n - 2 blocks. Lone calls need no place on the
 * gate, so several can run in one block.
 */
export async function chainsOf(name: string, conditions: Conditions): Promise<Figure[]> {
  const { shards = 1, weather = {}, answersLateMs, chunksAhead = false, target } = conditions;
  const system = await BenchSystem.start(blockMs, { NEAR_POLL_INTERVAL_MS: String(blockMs / 2) }, shards);
  try {
    await system.fundOperator();
    for (const id of wallets) await system.fund(id);
    await system.control("POST", "/rules", { chunks_ahead: chunksAhead });
    await system.control("POST", "/weather", weather);
    if (answersLateMs !== undefined) {
      await system.control("POST", "/faults", { method: "*", kind: "delay", ms: answersLateMs, count: null });
    }
    // Some blocks for the follower to learn their pace.
    await pause(20 * blockMs);
    const figures: Figure[] = [];
    for (const [calls, workflows] of sizes) {
      const starts = await startsOf(system, calls, workflows);
      const took = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
      const value = (100 * (workflows - 1) * (3 * calls - 2)) / took;
      const of = `${name}: chains of ${calls}, of ${calls} in ${3 * calls - 2} blocks`;
      figures.push({
        name: of,
        value,
        unit: "%",
        ...(target === undefined ? {} : { target: { kind: "at least", value: target } }),
      });
    }
    return figures;
  } finally {
    await system.stop();
  }
}

/** @returns height of the first dispatch of each of so many workflows that are posted at once, in order */
async function startsOf(system: BenchSystem, calls: number, workflows: number): Promise<number[]> {
  const steps = Array.from({ length: calls }, () => dust);
  const records = await Promise.all(
    Array.from({ length: workflows }, async (_, index) => {
      const rest = system.rest(wallets[index % wallets.length] ?? "");
      const record = await rest.ended(await rest.begin(steps), patienceMs);
      if (record.status !== "succeeded") throw new Error(`${record.status}: ${record.user_visible_error}`);
      return record;
    }),
  );
  return records.map(({ dispatch_block_heights: [first] }) => first as number).sort((a, b) => a - b);
}

import assert from "node:assert/strict";
import type { HistoryResult } from "./history.ts";
import { runHistories } from "./pool.ts";

/**
 * Seeds that have found something. What a seed leads to changes with whatever the product sends, so each bug has a test of its
 * own as well; these are played again because they led to rare places once.
 */
const seeds: readonly [seed: number, found: string][] = [
  [5, "gas_burnt_yocto was read from a node that had not seen all of it yet"],
  [11, "a block whose height the winning fork had left out was never known to have lost, so two workflows never ended"],
  [13, "resume_tx_hash was that of a resume which the gate's log had without an answer, and which was never sent"],
  [14, "gas_burnt_yocto left out a transaction that the node asked did not know yet"],
  [137, "one that was next found the gate busy after all, and nobody looked at the gate for it again"],
  [
    151,
    "one put into the queue ahead of the one that was being admitted stood in its way, and was never admitted itself",
  ],
  [281, "gas_burnt_yocto left out a resume that a process which had stood still had only just sent"],
  [293, "two that were kept waiting woke each other for ever, and nothing else ever ran again"],
  [298, "a process that had just started gave out nonces again of workflows that had ended, as its node lagged behind"],
  [602, "gas_burnt_yocto left out a cancel that was under way when the last step succeeded"],
  [1003, "the fees of two rejects were left out, which the node asked did not know yet"],
  [1217, "two calls of a user's key were signed to the same bytes, and one transaction was the proof of both"],
  [1415, "one that was cancelled before the next process had seen the chain stayed on the lane, and held up the gate"],
  [2228, "gas_burnt_yocto left out a submission that the node asked did not know yet"],
  [3157, "gas_burnt_yocto left out a reject that was sent after it had been measured"],
];

describe("seeds that have found something", () => {
  const results = new Map<number, HistoryResult>();

  // In threads: one that spins would have this one spin as well.
  before(async function () {
    this.timeout(900_000);
    const left = seeds.map(([seed]) => seed);
    await runHistories({ next: () => left.shift(), done: (result) => results.set(result.seed, result) });
  });

  for (const [seed, found] of seeds) {
    it(`${seed}: ${found}`, () => {
      assert.deepEqual(results.get(seed)?.violations, []);
    });
  }
});

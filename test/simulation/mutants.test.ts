import assert from "node:assert/strict";
import type { HistoryResult } from "./history.ts";
import { controls, mutants, patched } from "./mutants.ts";
import { runHistories } from "./pool.ts";

interface Hunt {
  readonly mutant: string;
  /** Kinds of violations that show it. */
  readonly kinds: readonly string[];
  /** Seeds that have found it. Others follow, for what a seed leads to changes with whatever the product sends. */
  readonly seeds: readonly number[];
  /** Histories in all. */
  readonly most: number;
}

/** Seeds that find a takeover without its barrier where logs are slow to read. */
const slowSeeds = [7, 23, 36];

/** The same for nonces that are not set aside, where nodes show nonces late. */
const lateSeeds = [1, 2];

const hunts: readonly Hunt[] = [
  { mutant: "resume-before-append", kinds: ["write_ahead"], seeds: [1, 2], most: 20 },
  { mutant: "sign-anew-on-unknown", kinds: ["signed_anew", "twice"], seeds: [1, 2], most: 6 },
  { mutant: "released-at-cancel", kinds: ["released_early"], seeds: [57, 11], most: 150 },
  { mutant: "refund-not-followed", kinds: ["untrue", "halt"], seeds: [1, 2], most: 6 },
  { mutant: "ended-at-cancel", kinds: ["ended_early"], seeds: [1, 2], most: 150 },
  { mutant: "own-payload-not-possible", kinds: ["ended_early"], seeds: [4, 9], most: 100 },
  { mutant: "predecessor-not-checked", kinds: ["untrue"], seeds: [1, 2], most: 20 },
  { mutant: "takeover-without-barrier", kinds: ["nonce_twice"], seeds: slowSeeds, most: 60 },
  { mutant: "nonces-not-set-aside", kinds: ["nonce_twice"], seeds: lateSeeds, most: 20 },
  { mutant: "time-not-judged-with-key", kinds: ["late"], seeds: [40, 56], most: 150 },
  { mutant: "lease-without-fencing", kinds: ["unfenced"], seeds: [5, 13], most: 150 },
];

/** Runs histories until one of them finds the mutant. */
async function find({ mutant, kinds, seeds, most }: Hunt): Promise<HistoryResult | undefined> {
  const others = Array.from({ length: most }, (_, index) => index + 1).filter((seed) => !seeds.includes(seed));
  const left = [...seeds, ...others].slice(0, most);
  let found: HistoryResult | undefined;
  await runHistories({
    mutant,
    next: () => (found === undefined ? left.shift() : undefined),
    done(result) {
      if (result.violations.some(({ kind }) => kinds.includes(kind))) found ??= result;
    },
  });
  return found;
}

describe("bugs that are put into the product on purpose", () => {
  it("fit the source that they are put into", () => {
    for (const name of Object.keys({ ...mutants, ...controls })) assert.ok(patched(name).size > 0);
  });

  for (const hunt of hunts) {
    it(`the simulation finds ${hunt.mutant}`, async () => {
      assert.ok((await find(hunt)) !== undefined, `not found in ${hunt.most} histories`);
    }).timeout(900_000);
  }

  const alone = [
    {
      control: "slow-logs",
      about: "logs that are slow to read (rule: takeover-reads-before-it-signs)",
      seeds: slowSeeds,
    },
    { control: "late-nonces", about: "nonces that nodes show late (rule: nonces-are-set-aside)", seeds: lateSeeds },
  ];
  for (const { control, about, seeds } of alone) {
    it(`are found, and not what makes one of them easier to find: ${about}`, async () => {
      const left = [...seeds];
      const violations: unknown[] = [];
      await runHistories({
        mutant: control,
        next: () => left.shift(),
        done: (one) => violations.push(...one.violations),
      });
      assert.deepEqual(violations, []);
    }).timeout(900_000);
  }

  it("are all hunted, and all controls played alone", () => {
    assert.deepEqual(alone.map(({ control }) => control).sort(), Object.keys(controls).sort());
    assert.deepEqual(hunts.map(({ mutant }) => mutant).sort(), Object.keys(mutants).sort());
  });
});

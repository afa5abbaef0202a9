import assert from "node:assert/strict";
import fc from "fast-check";
import { Pace } from "../../src/core/chain/pace.ts";

interface Chain {
  readonly blockMs: number;
  /** From a block's own time to when it can be seen, by our clock. */
  readonly lagMs: number;
  readonly jitterMs?: number;
  /** By how much blocks come late. */
  readonly unevenMs?: number;
}

/** Asks as it says for so many blocks. @returns when it asked, and how late each block was seen, milliseconds */
function follow(
  intervalMs: number,
  { blockMs, lagMs, jitterMs = 0, unevenMs = 0 }: Chain,
  blocks: number,
  beginMs = 0,
) {
  const pace = new Pace(intervalMs);
  const timeOf = (height: number) => height * blockMs + ((height * 7907) % (unevenMs + 1));
  const visibleAt = (height: number) => timeOf(height) + lagMs + ((height * 7919) % (jitterMs + 1));
  const asked: number[] = [];
  const late: number[] = [];
  let now = visibleAt(10) + beginMs;
  let seen = 10;
  for (let height = 10; height < 10 + blocks; ) {
    while (visibleAt(height + 1) <= now) height += 1;
    pace.saw({ height, timeMs: timeOf(height) }, now);
    if (height > seen) late.push(now - visibleAt(height));
    seen = height;
    asked.push(now);
    now += pace.waitMs(now, now);
  }
  return { asked, late };
}

describe("the pace of asking for blocks", () => {
  it("sees each block soon after it is there, with about one question a block", () => {
    for (const beginMs of [0, 100, 300, 599]) {
      const { asked, late } = follow(600, { blockMs: 600, lagMs: 150 }, 400, beginMs);
      const settled = late.slice(100);
      const middle = settled.sort((a, b) => a - b)[Math.floor(settled.length / 2)] ?? 0;
      assert.ok(middle <= 600 / 5, `${middle} ms late`);
      assert.ok(asked.length <= 400 * 1.02, `${asked.length} questions for 400 blocks`);
      assert.ok(late.length >= 400 * 0.95, `${late.length} of 400 blocks were seen as heads`);
    }
  });

  it("asks once a block, or little more, where the interval would let it ask often", () => {
    const { asked, late } = follow(50, { blockMs: 600, lagMs: 150 }, 400);
    const settled = asked.filter((at) => at > 20 * 600);
    assert.ok(settled.length <= 400 * 1.1, `${settled.length} questions for 400 blocks`);
    assert.ok(Math.max(...late.slice(100)) <= 100);
  });

  it("sees nearly every block as the head where block times differ, and the interval leaves time to ask again", () => {
    const { late } = follow(300, { blockMs: 600, lagMs: 150, unevenMs: 40 }, 400);
    assert.ok(late.length >= 400 * 0.98, `${late.length} of 400 blocks were seen as heads`);
  });

  it("never asks sooner than an interval after the last time, whatever chain and clocks do", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 2000 }),
        fc.integer({ min: 20, max: 3000 }),
        fc.integer({ min: -100_000, max: 100_000 }),
        fc.integer({ min: 0, max: 500 }),
        (intervalMs, blockMs, lagMs, jitterMs) => {
          const { asked } = follow(intervalMs, { blockMs, lagMs, jitterMs }, 60);
          for (const [index, at] of asked.entries()) {
            const before = asked[index - 1];
            if (before === undefined) continue;
            assert.ok(at - before >= intervalMs - 1e-6);
            assert.ok(at - before <= Math.max(intervalMs, 2 * blockMs) + 1e-6);
          }
        },
      ),
    );
  });

  it("asks at the interval where it is longer than a block", () => {
    const { asked } = follow(750, { blockMs: 600, lagMs: 0 }, 100);
    assert.ok(asked.every((at, index) => index === 0 || at - (asked[index - 1] ?? 0) === 750));
  });

  it("is not led astray by a clock that jumps", () => {
    const pace = new Pace(12);
    for (let height = 1; height <= 20; height += 1) pace.saw({ height, timeMs: height * 30 }, height * 30);
    pace.saw({ height: 21, timeMs: 300_630 }, 300_630);
    assert.ok(pace.waitMs(300_630, 300_630) <= 60);
  });

  it("does not wait for as long as the clock is set back while a request is under way", () => {
    const pace = new Pace(300);
    assert.equal(pace.waitMs(400_000, 50), 300);
    for (let height = 1; height <= 20; height += 1) {
      pace.saw({ height, timeMs: height * 600 }, height * 600 + 400_150);
    }
    assert.ok(pace.waitMs(412_150, 12_200) <= 1_200);
  });

  it("asks at the interval as long as it knows few blocks: one of them may have stood still for long", () => {
    const pace = new Pace(12);
    for (const [height, timeMs] of [
      [1, 30],
      [2, 60],
      [3, 90_000],
      [4, 90_030],
    ] as const) {
      pace.saw({ height, timeMs }, timeMs);
      assert.equal(pace.waitMs(timeMs, timeMs), 12);
    }
  });
});

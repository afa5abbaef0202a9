import assert from "node:assert/strict";
import { isWorthTelling, type QueuePlace, type WaitReason } from "../../src/core/gate/place.ts";

describe("what is worth telling of a place in the queue", () => {
  const place = (position: number, expectedStart?: number, waitingFor: WaitReason = "turn"): QueuePlace => ({
    position,
    expectedStart,
    waitingFor,
  });
  const cases: readonly (readonly [string, QueuePlace, QueuePlace, boolean])[] = [
    ["nothing new", place(40, 1400), place(40, 1400), false],
    ["another reason", place(40), place(40, undefined, "gate_stuck"), true],
    ["one step nearer, far behind", place(40, 1400), place(39, 1400), false],
    ["half the way", place(40, 1400), place(20, 1400), true],
    ["one step nearer, near the front", place(3, 1021), place(2, 1014), false],
    ["the first place", place(3, 1021), place(1, 1007), true],
    ["the first place, from the second", place(2, 1014), place(1, 1007), true],
    ["out of the first place", place(1, 1007), place(2, 1014), true],
    ["far back", place(10, 1070), place(20, 1070), true],
    ["a start that becomes known", place(40), place(40, 1400), true],
    ["a start a little later", place(40, 1400), place(40, 1420), false],
    ["a start later by less than half of the wait", place(40, 1400), place(40, 1600), false],
    ["a start later by more than that", place(40, 1400), place(40, 1601), true],
    ["a start much sooner", place(40, 1400), place(40, 1199), true],
    ["a start that is overdue", place(4, 990), place(4, 1010), false],
    ["a start that is long overdue", place(4, 990), place(4, 1011), true],
  ];
  for (const [name, told, now, worth] of cases) {
    it(`${name}: ${worth ? "yes" : "no"}`, () => assert.equal(isWorthTelling(told, now, 1000), worth));
  }

  it("is little, for a queue that drains at an even pace", () => {
    let told = place(2000, 1000 + 14_000);
    let events = 0;
    for (let position = 1999; position > 0; position -= 1) {
      const head = 1000 + 7 * (2000 - position);
      const now = place(position, head + 7 * position);
      if (!isWorthTelling(told, now, head)) continue;
      told = now;
      events += 1;
    }
    assert.ok(events <= 12, `${events} events`);
  });
});

import assert from "node:assert/strict";
import { calmWeather, climateOf } from "./climate.ts";
import { Dice } from "./dice.ts";
import { HostClock } from "./host-clock.ts";
import { Scheduler } from "./scheduler.ts";

describe("the climate of a history", () => {
  const climates = Array.from({ length: 200 }, (_, seed) => climateOf(new Dice(`climate ${seed}`)));

  it("has every number of shards, is calm in a third of the histories, and unkind in every way in the others", () => {
    assert.deepEqual([...new Set(climates.map(({ shards }) => shards))].sort(), [1, 2, 4, 6, 9]);
    const unkind = climates.filter(({ weather = {} }) => Object.values(weather).some((chance) => chance > 0));
    assert.ok(unkind.length > 100 && unkind.length < 160, `${unkind.length} of 200`);
    for (const name of ["missedChunk", "lateHop", "lateTransaction", "congestion"] as const) {
      assert.ok(
        unkind.every(({ weather }) => (weather?.[name] ?? 0) > 0),
        name,
      );
    }
  });

  it("ends with every chance at nothing", () => {
    for (const { weather = {} } of climates) assert.deepEqual(Object.keys(calmWeather), Object.keys(weather));
    assert.ok(Object.values(calmWeather).every((chance) => chance === 0));
  });
});

describe("the clock of a host", () => {
  it("is right, is off by up to 400 s or drifts for a while, and is set right again", async () => {
    const offsets = new Set<number>();
    for (let seed = 0; seed < 60; seed += 1) {
      const scheduler = new Scheduler(1_000_000);
      const clock = new HostClock(scheduler);
      assert.equal(clock.now(), 1_000_000);
      clock.upset(new Dice(`clock ${seed}`));
      const offMs = clock.now() - 1_000_000;
      assert.ok(Math.abs(offMs) <= 400_000);
      scheduler.after(1_000_000, () => {});
      await scheduler.runUntil(() => false);
      assert.ok(Math.abs(clock.now() - 2_000_000 - offMs) <= 100, "it drifts by less than 100 ms in 1,000 s");
      offsets.add(Math.sign(offMs) * (Math.abs(offMs) > 10_000 ? 2 : 1));
      clock.correct();
      assert.equal(clock.now(), 2_000_000);
    }
    assert.deepEqual([...offsets].sort(), [-1, -2, 0, 1, 2].sort());
  });
});

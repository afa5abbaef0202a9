import assert from "node:assert/strict";
import fc from "fast-check";
import type { LiveLease } from "../../src/core/ports/evidence-log.ts";
import { type Overview, overviewAfter, preferredHolder } from "../../src/core/term/overview.ts";
import { decide, hasLetLie, preferenceAfter, type Situation, shareTimes } from "../../src/core/term/share.ts";

const ttlMs = 15_000;
const times = shareTimes(ttlMs, (ms) => ms);
const partition = "gate:gate.near";
const nobody: ReadonlySet<string> = new Set();

/** Some broadcasters, the one that the partition belongs to first. */
const ranked: string[] = [];
for (let left = ["a", "b", "c"]; left.length > 0; left = left.filter((one) => !ranked.includes(one))) {
  ranked.push(preferredHolder(partition, left) ?? "");
}
const [first = "", second = "", third = ""] = ranked;

const long = 1_000_000;
const now = 10_000_000;

/** The latest list is as old as this, and had each of these for so long. */
function overview(seenForMs: Readonly<Record<string, number>>, ageMs = 0, unbrokenForMs = long): Overview {
  const seenSinceMs = new Map(Object.entries(seenForMs).map(([holderId, ms]) => [holderId, now - ms]));
  return { asOfMs: now - ageMs, unbrokenSinceMs: now - unbrokenForMs, seenSinceMs, held: new Map() };
}

const all = overview({ [first]: long, [second]: long, [third]: long });

/** Nobody holds it. */
const free = (me: string, freeForMs: number, seen: Overview | undefined, more: Partial<Situation> = {}) =>
  decide({
    ...{ partition, me, nowMs: now, overview: seen, passedOver: nobody, handOver: undefined, times },
    lease: { kind: "not_held", freeSinceMs: now - freeForMs },
    ...more,
  });

/** This process holds it, and it has belonged to another one for so long. */
const held = (me: string, to: string, forMs: number, seen: Overview | undefined, more: Partial<Situation> = {}) =>
  decide({
    ...{ partition, me, nowMs: now, overview: seen, passedOver: nobody, handOver: undefined, times },
    lease: { kind: "held", preference: { holderId: to, sinceMs: now - forMs } },
    ...more,
  });

const waits = (untilMs: number, awaited?: string) => ({ kind: "wait", untilMs, awaited });
const keeps = (untilMs = Number.POSITIVE_INFINITY) => ({ kind: "keep", untilMs });

describe("sharing partitions (rule: partition-is-never-left-undriven)", () => {
  describe("the one that a partition belongs to", () => {
    it("is another one only where it goes, or where the one that comes takes the partition", () => {
      const ids = fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 6 });
      fc.assert(
        fc.property(fc.stringMatching(/^[!-~]{1,32}$/), ids, (partition, [gone = "", ...others]) => {
          const before = preferredHolder(partition, [gone, ...others]);
          assert.equal(preferredHolder(partition, [...others].reverse().concat(gone)), before);
          if (before !== gone) assert.equal(preferredHolder(partition, others), before);
        }),
      );
    });

    it("spreads partitions over broadcasters", () => {
      const partitions = Array.from({ length: 3_000 }, (_, index) => `gate:gate-${index}.near`);
      const own = (holderId: string) => partitions.filter((one) => preferredHolder(one, ["x", "y", "z"]) === holderId);
      for (const holderId of ["x", "y", "z"]) assert.ok(Math.abs(own(holderId).length - 1_000) < 150);
    });

    it("is nobody where nobody is alive", () => assert.equal(preferredHolder(partition, []), undefined));
  });

  describe("a partition that nobody holds", () => {
    it("is taken at once by the one that it belongs to", () => assert.deepEqual(free(first, 0, all), { kind: "take" }));

    it("is left to that one by the others", () => {
      for (const me of [second, third]) assert.deepEqual(free(me, 0, all), waits(now + times.graceMs, first));
    });

    it("is taken by the others once the grace is over: the one that it belongs to may not serve its gate", () => {
      const last = times.graceMs - 1;
      for (const me of [second, third]) {
        assert.deepEqual(free(me, last, all), waits(now + 1, first));
        assert.deepEqual(free(me, times.graceMs, all), { kind: "take" });
      }
    });

    it("is taken at once by a process that is alone", () => {
      assert.deepEqual(free(second, 0, overview({ [second]: 0 })), { kind: "take" });
      // Also where its own presence is not listed yet.
      assert.deepEqual(free(second, 0, overview({})), { kind: "take" });
    });

    it("is taken beside others only after the join delay", () => {
      const joining = { [first]: times.joinMs - 1, [second]: times.joinMs - 1 };
      assert.deepEqual(free(first, 0, overview(joining)), waits(now + 1, second));
      assert.deepEqual(free(first, 0, overview({ ...joining, [first]: times.joinMs })), { kind: "take" });
    });

    it("is taken by the best of those that have joined, while a better one joins", () => {
      const seen = overview({ [first]: times.othersJoinMs - 1, [second]: long, [third]: long });
      assert.deepEqual(free(second, 0, seen), { kind: "take" });
      assert.deepEqual(free(third, 0, seen), waits(now + 1, second));
    });

    it("waits for the first to have joined where nobody has", () => {
      const seen = overview({ [first]: 100, [second]: 100 });
      assert.deepEqual(free(first, 0, seen), waits(now + times.othersJoinMs - 100, undefined));
    });

    it("is taken after the grace by a process that is still joining, or that the list does not have", () => {
      assert.deepEqual(free(third, times.graceMs, overview({ [first]: long, [third]: 0 })), { kind: "take" });
      assert.deepEqual(free(third, times.graceMs, overview({ [first]: long })), { kind: "take" });
      assert.deepEqual(free(third, 0, overview({ [first]: long })), waits(now + times.graceMs, first));
    });

    it("is taken after the grace where nobody knows who is alive, be evidence away or of the version before", () => {
      for (const seen of [undefined, overview({ [first]: long }, times.freshMs + 1)]) {
        assert.deepEqual(free(first, 0, seen), waits(now + times.graceMs));
        assert.deepEqual(free(first, times.graceMs, seen), { kind: "take" });
      }
    });

    it("is not waited for once the one that it belongs to has let it lie", () => {
      assert.deepEqual(free(second, 0, all, { passedOver: new Set([first]) }), { kind: "take" });
      assert.deepEqual(free(third, 0, all, { passedOver: new Set([first, second]) }), { kind: "take" });
    });

    it("is asked for by nobody as long as another one is known to hold it", () => {
      for (const seen of [all, undefined]) assert.deepEqual(free(first, -700, seen), waits(now + 700));
    });
  });

  describe("the one that was to take a partition which another one takes now", () => {
    const lies = (awaitedForMs: number, freeForMs: number, seen: Overview | undefined) =>
      hasLetLie(
        { holderId: first, sinceMs: now - awaitedForMs },
        { freeSinceMs: now - freeForMs, nowMs: now, overview: seen },
        ttlMs,
      );

    it("has let it lie where it was there for all of a lease's time", () => {
      assert.ok(lies(ttlMs, ttlMs, all));
      assert.ok(!lies(ttlMs, ttlMs - 1, all));
    });

    it("has not where it was awaited for a short time only", () => assert.ok(!lies(ttlMs / 2 - 1, 2 * ttlMs, all)));

    it("has not where lists did not come, or did not have it: perhaps evidence was away", () => {
      const seen = { [first]: long, [second]: long };
      const others = [
        undefined,
        overview({ [second]: long }),
        overview({ ...seen, [first]: ttlMs - 1 }),
        overview(seen, ttlMs / 2 + 1),
        overview(seen, 0, ttlMs - 1),
      ];
      for (const one of others) assert.ok(!lies(ttlMs, 2 * ttlMs, one));
    });
  });

  describe("a partition that this process holds", () => {
    it("is kept by the one that it belongs to", () => assert.deepEqual(held(first, first, long, all), keeps()));

    it("is handed over once it has belonged to another one for long enough, and not before", () => {
      assert.deepEqual(held(second, first, times.steadyMs, all), { kind: "hand_over", to: first });
      assert.deepEqual(held(second, first, times.steadyMs - 1, all), keeps(now + 1));
    });

    it("is kept while it is not known who is alive", () => {
      assert.deepEqual(held(second, first, long, undefined), keeps());
      const old = overview({ [first]: long, [second]: long }, times.freshMs + 1);
      assert.deepEqual(held(second, first, long, old), keeps());
      const ofLater = overview({ [first]: long, [second]: long }, -1);
      assert.deepEqual(held(second, first, long, ofLater), keeps(), "the clock was set back");
    });

    it("is kept until lists have come in time for long enough", () => {
      const again = overview({ [first]: long, [second]: long }, 0, times.steadyMs - 1);
      assert.deepEqual(held(second, first, long, again), keeps(now + 1));
    });

    it("is kept by a process that the list does not have: it may be the one that is cut off", () => {
      assert.deepEqual(held(second, first, long, overview({ [first]: long })), keeps());
    });

    it("is kept where there is no other, or none that has not let it lie", () => {
      const seen = overview({ [first]: long, [second]: long });
      const { holderId = "" } = preferenceAfter(undefined, partition, seen, new Set([first]));
      assert.equal(holderId, second);
      assert.deepEqual(held(second, holderId, long, seen), keeps());
    });

    it("is kept while another partition is handed over, for a bounded time", () => {
      const since = (ms: number) => ({ handOver: { sinceMs: now - ms } });
      assert.deepEqual(held(second, first, long, all, since(1)), keeps(now + times.handOverMs - 1));
      assert.deepEqual(held(second, first, long, all, since(times.handOverMs)), { kind: "hand_over", to: first });
    });
  });

  describe("beside a broadcaster of the version before, which has no presence and takes whatever is free", () => {
    // That one is `first`: were it alive, everything would be its own.
    const seen = overview({ [second]: long, [third]: long });

    it("what it holds is left to it", () => assert.deepEqual(free(second, -700, seen), waits(now + 700)));

    it("what it has not taken goes to those that are alive, and to a single one at once", () => {
      assert.deepEqual(free(second, 0, seen), { kind: "take" });
      assert.deepEqual(free(third, 0, seen), waits(now + times.graceMs, second));
      assert.deepEqual(free(third, 0, overview({ [third]: long })), { kind: "take" });
    });

    it("nothing is handed over to it", () => {
      const { holderId = "" } = preferenceAfter(undefined, partition, seen, nobody);
      assert.deepEqual([holderId, held(second, holderId, long, seen)], [second, keeps()]);
    });
  });

  describe("the times", () => {
    it("leave the one that a partition belongs to time to see it, whatever the jitter", () => {
      for (const part of [0.5, 1]) {
        const { joinMs, othersJoinMs, steadyMs, graceMs } = shareTimes(ttlMs, (ms) => ms * part);
        // By then the other one has joined by its own times, and lists come three times in a lease's time.
        assert.ok(joinMs <= steadyMs && othersJoinMs <= joinMs);
        assert.ok(graceMs >= ttlMs && graceMs >= 2 * steadyMs);
      }
    });
  });

  describe("lists of leases", () => {
    const lease = (resource: string, holderId: string, remainingMs = 5_000): LiveLease => {
      return { resource, holderId, epoch: 1n, sinceMs: undefined, remainingMs };
    };
    const presences = (...ids: readonly string[]) => ids.map((id) => lease(`broadcaster:${id}`, id));
    const at = (askedAtMs: number) => ({ askedAtMs, answeredAtMs: askedAtMs + 40 });
    const after = (before: Overview | undefined, askedAtMs: number, leases: readonly LiveLease[]) =>
      overviewAfter(before, leases, at(askedAtMs), times.freshMs);

    it("say who is alive since when, and who holds what until when", () => {
      const one = after(undefined, 1_000, [...presences("a", "b"), lease(partition, "a")]);
      const two = after(one, 2_000, [...presences("a", "c"), lease("direct_user:5", "c", 700)]);
      assert.deepEqual(
        [...two.seenSinceMs],
        [
          ["a", 1_000],
          ["c", 2_000],
        ],
      );
      assert.deepEqual([...two.held], [["direct_user:5", { holderId: "c", untilMs: 2_740 }]]);
      assert.deepEqual([two.asOfMs, two.unbrokenSinceMs], [2_000, 1_000]);
      assert.deepEqual(
        [...after(two, 3_000, presences("a", "b")).seenSinceMs],
        [
          ["a", 1_000],
          ["b", 3_000],
        ],
      );
    });

    it("begin anew to be acted upon after one that came too late, and forget nobody who is still there", () => {
      const one = after(undefined, 1_000, presences("a"));
      const late = after(one, 1_001 + times.freshMs, presences("a"));
      assert.deepEqual([late.unbrokenSinceMs, late.seenSinceMs.get("a")], [1_001 + times.freshMs, 1_000]);
      assert.equal(after(one, 1_000 + times.freshMs, []).unbrokenSinceMs, 1_000);
    });

    it("leave no time that has yet to come where the clock was set back", () => {
      const one = after(undefined, 900_000, presences("a"));
      const back = after(one, 500_000, presences("a"));
      assert.deepEqual([back.seenSinceMs.get("a"), back.unbrokenSinceMs], [500_000, 500_000]);
      const preference = { holderId: "a", sinceMs: 900_000 };
      assert.deepEqual(preferenceAfter(preference, partition, back, nobody), { holderId: "a", sinceMs: 500_000 });
    });

    it("say since when a partition belongs to one without a change", () => {
      const one = preferenceAfter(undefined, partition, after(undefined, 1_000, presences(second)), nobody);
      const two = preferenceAfter(one, partition, after(undefined, 2_000, presences(second, third)), nobody);
      const three = preferenceAfter(two, partition, after(undefined, 3_000, presences(first, second)), nobody);
      const four = preferenceAfter(three, partition, after(undefined, 4_000, presences(second)), nobody);
      assert.deepEqual(
        [one, two, three, four],
        [
          { holderId: second, sinceMs: 1_000 },
          { holderId: second, sinceMs: 1_000 },
          { holderId: first, sinceMs: 3_000 },
          { holderId: second, sinceMs: 4_000 },
        ],
      );
    });
  });
});

import assert from "node:assert/strict";
import { NextReads } from "../src/core/next-reads.ts";

describe("reads that are shared", () => {
  /** Reads in the order in which they began. */
  let begun: { key: string; answer: PromiseWithResolvers<number> }[];
  let reads: NextReads<number>;
  beforeEach(() => {
    begun = [];
    reads = new NextReads((key) => {
      const answer = Promise.withResolvers<number>();
      begun.push({ key, answer });
      return answer.promise;
    });
  });
  const answer = async (index: number, value: number) => {
    begun[index]?.answer.resolve(value);
    await new Promise(setImmediate);
  };

  it("begin after each of their readers has asked: none joins one that is under way", async () => {
    const first = [reads.read("a"), reads.read("a")];
    const later = Array.from({ length: 30 }, () => reads.read("a"));
    assert.equal(begun.length, 2);
    await answer(0, 1);
    // The thirty have begun theirs, so this one has to wait for another.
    const last = reads.read("a");
    assert.equal(begun.length, 3);
    await answer(2, 3);
    assert.equal(begun.length, 4);
    await answer(1, 2);
    await answer(3, 4);
    assert.deepEqual(await Promise.all(first), [1, 2]);
    assert.deepEqual(await Promise.all(later), Array(30).fill(3));
    assert.equal(await last, 4);
    assert.equal(begun.length, 4);
  });

  it("of different keys wait for no one", () => {
    const keys = ["a", "b", "c", "d"];
    for (const key of keys) void reads.read(key);
    assert.deepEqual(
      begun.map(({ key }) => key),
      keys,
    );
  });

  it("fail for each reader that shares them, and for no other", async () => {
    const [one, two] = [reads.read("a"), reads.read("a")];
    const shared = [reads.read("a"), reads.read("a")].map((read) => assert.rejects(read, /away/));
    begun[0]?.answer.reject(new Error("of the first"));
    await assert.rejects(one, /of the first/);
    begun[2]?.answer.reject(new Error("away"));
    await Promise.all(shared);
    await answer(1, 2);
    assert.equal(await two, 2);
    const next = reads.read("a");
    await answer(3, 5);
    assert.equal(await next, 5);
  });
});

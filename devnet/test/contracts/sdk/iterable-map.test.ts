import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import { IterableMap } from "../../../src/contracts/sdk/iterable-map.ts";
import { MemoryStorage } from "../harness/memory-storage.ts";

describe("an iterable map", () => {
  it("keeps the order of insertion, but for a removed key's place, which the last one takes", () => {
    const map = new IterableMap<number>(new MemoryStorage(), "m");
    for (const [value, key] of ["a", "b", "c", "d"].entries()) map.set(key, value);
    map.set("b", 9);
    strictEqual(map.delete("a"), true);
    strictEqual(map.delete("a"), false);
    deepStrictEqual(map.keys(), ["d", "b", "c"]);
    deepStrictEqual([map.get("d"), map.get("b"), map.get("a")], [3, 9, undefined]);
  });

  it("holds what a list with swap-remove holds, whatever is done to it", () => {
    const step = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), value: fc.option(fc.nat()) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const map = new IterableMap<number>(new MemoryStorage(), "m");
        const model: { key: string; value: number }[] = [];
        for (const { key, value } of steps) {
          const index = model.findIndex((entry) => entry.key === key);
          if (value === null) {
            strictEqual(map.delete(key), index >= 0);
            const last = index >= 0 ? model.pop() : undefined;
            if (last && last.key !== key) model[index] = last;
          } else {
            map.set(key, value);
            if (index >= 0) model[index] = { key, value };
            else model.push({ key, value });
          }
        }
        deepStrictEqual(
          map.keys().map((key) => ({ key, value: map.get(key) })),
          model,
        );
      }),
    );
  });

  it("leaves nothing behind when it is empty again but its length", () => {
    const storage = new MemoryStorage(new MemoryStorage());
    const map = new IterableMap<number>(storage, "m");
    for (const key of ["a", "b"]) map.set(key, 1);
    for (const key of ["a", "b"]) map.delete(key);
    deepStrictEqual([...storage.snapshot()], [["m.length", 0]]);
  });

  it("shares a storage with others under other prefixes", () => {
    const storage = new MemoryStorage();
    const [one, two] = [new IterableMap<number>(storage, "one"), new IterableMap<number>(storage, "two")];
    one.set("a", 1);
    two.set("a", 2);
    deepStrictEqual([one.get("a"), two.get("a")], [1, 2]);
  });
});

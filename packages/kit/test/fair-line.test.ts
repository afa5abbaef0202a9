import assert from "node:assert/strict";
import fc from "fast-check";
import { FairLine } from "../src/fair-line.ts";

type Line = FairLine<{ readonly id: string; readonly party: string; readonly calls: number }>;

/** A line of those written as `a1 a2 b1`: wallet and number. */
function lineOf(text: string): Line {
  const line: Line = new FairLine({ id: ({ id }) => id, party: ({ party }) => party, cost: ({ calls }) => calls });
  for (const id of text.split(" ").filter(Boolean)) add(line, id);
  return line;
}

const add = (line: Line, id: string, calls = 3) => line.add({ id, party: id.slice(0, 1), calls });
const shown = (line: Line) =>
  line
    .order()
    .map(({ id }) => id)
    .join(" ");

/** Gives the first its turn. */
function take(line: Line): string {
  const { id = "" } = line.first ?? {};
  assert.equal(line.order()[0]?.id ?? "", id);
  line.take(id);
  return id;
}

describe("a fair line", () => {
  const orders: readonly (readonly [string, string, string])[] = [
    ["is empty where nobody waits", "", ""],
    ["keeps a wallet's order", "a1 a2 a3", "a1 a2 a3"],
    ["lets wallets take turns", "a1 a2 a3 b1 b2 c1", "a1 b1 c1 a2 b2 a3"],
    ["begins with the wallet that came first", "b1 a1 b2 a2", "b1 a1 b2 a2"],
    ["puts one that was opened before others of its wallet ahead of them", "a2 a3 b1 a1", "a1 b1 a2 a3"],
    ["takes nobody twice", "a1 a1 b1 a1", "a1 b1"],
  ];
  for (const [name, waiting, order] of orders) {
    it(name, () => assert.equal(shown(lineOf(waiting)), order));
  }

  it("puts a wallet behind the others once it had its turn", () => {
    const line = lineOf("a1 a2 a3 b1 b2");
    assert.equal(take(line), "a1");
    assert.equal(shown(line), "b1 a2 b2 a3");
  });

  it("does not let one wallet's 500 hold up another's one", () => {
    const line = lineOf(Array.from({ length: 500 }, (_, index) => `a${index}`).join(" "));
    take(line);
    add(line, "b1");
    assert.equal(take(line), "b1");
  });

  it("lets wallets with long chains and with short ones have the same", () => {
    const line = lineOf("");
    for (let number = 100; number < 150; number += 1) add(line, `a${number}`, 12);
    for (let number = 100; number < 300; number += 1) add(line, `b${number}`, 3);
    const calls = { a: 0, b: 0 };
    for (let turn = 0; turn < 100; turn += 1) {
      const owner = take(line).slice(0, 1) as "a" | "b";
      calls[owner] += owner === "a" ? 12 : 3;
      assert.ok(Math.abs(calls.a - calls.b) <= 12, JSON.stringify(calls));
    }
  });

  it("does not let ten wallets with many before one that comes now and then", () => {
    const line = lineOf([..."abcdefghij"].flatMap((wallet) => [1, 2, 3, 4].map((of) => `${wallet}${of}`)).join(" "));
    // Each of them has had a turn.
    for (let turn = 0; turn < 15; turn += 1) take(line);
    add(line, "z1");
    assert.equal(take(line), "z1");
  });

  it("owes a wallet nothing for the time in which it asked for nothing", () => {
    const line = lineOf("a1 a2 a3 a4 a5 a6");
    for (let turn = 0; turn < 4; turn += 1) take(line);
    for (let number = 1; number <= 3; number += 1) add(line, `b${number}`);
    assert.equal(shown(line), "b1 a5 b2 a6 b3");
  });

  it("charges a wallet for what it had while it has nothing waiting", () => {
    const line = lineOf("a1 b1");
    take(line);
    add(line, "a2");
    add(line, "c1");
    assert.equal(shown(line), "b1 c1 a2");
  });

  it("lets others first after one that was tried in vain and has come again", () => {
    const line = lineOf("a1 b1");
    line.take("a1");
    add(line, "a1");
    assert.equal(shown(line), "b1 a1");
  });

  it("charges nothing to those that leave without a turn", () => {
    const line = lineOf("a1 a2 a3 b1 b2");
    line.remove("a1");
    line.remove("a2");
    assert.equal(shown(line), "a3 b1 b2");
  });

  it("takes one out of the middle, and a wallet with its last", () => {
    const line = lineOf("a1 a2 b1");
    line.remove("a2");
    line.remove("b1");
    line.remove("nobody");
    assert.equal(shown(line), "a1");
    assert.equal(line.size, 1);
  });

  const letters = fc.constantFrom("a", "b", "c", "d", "e");
  /** A wallet's letter adds one of its workflows; null takes the first. */
  const histories = fc.array(fc.option(letters, { nil: null, freq: 2 }), { maxLength: 60 });

  it("comes as it says, keeps each wallet's order, and loses nobody", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const line = lineOf("");
        const added: string[] = [];
        const taken: string[] = [];
        for (const [index, wallet] of history.entries()) {
          if (wallet === null) {
            if (line.size > 0) taken.push(take(line));
            continue;
          }
          const id = `${wallet}${String(index).padStart(3, "0")}`;
          add(line, id);
          added.push(id);
        }
        const expected = line.order().map(({ id }) => id);
        while (line.size > 0) taken.push(take(line));
        assert.deepEqual(taken.slice(taken.length - expected.length), expected);
        assert.deepEqual([...taken].sort(), [...added].sort());
        for (const wallet of "abcde") {
          const of = (ids: readonly string[]) => ids.filter((id) => id.startsWith(wallet));
          assert.deepEqual(of(taken), of(added));
        }
      }),
    );
  });

  it("says of each what comes before it, as the order has it", () => {
    const costs = fc.constantFrom(1, 2, 7);
    fc.assert(
      fc.property(histories, fc.array(costs, { minLength: 60, maxLength: 60 }), (history, calls) => {
        const line = lineOf("");
        for (const [index, wallet] of history.entries()) {
          // Some come later than others of their wallet with larger ids, and some leave from the middle.
          const id = `${wallet}${String((index * 37) % 60).padStart(3, "0")}`;
          if (wallet !== null) add(line, id, calls[index]);
          else if (index % 3 === 0) line.remove(line.order().at(index % 5)?.id ?? "");
          else if (line.size > 0) take(line);
          let cost = 0;
          for (const [count, one] of line.order().entries()) {
            assert.deepEqual(line.before(one.id), { count, cost });
            cost += one.calls;
          }
        }
        assert.equal(line.before("nobody"), undefined);
      }),
    );
  });

  it("adds up the cost of each turn once, though each of thousands asks when it comes", () => {
    let asked = 0;
    const line: Line = new FairLine({
      id: ({ id }) => id,
      party: ({ party }) => party,
      cost: ({ calls }) => {
        asked += 1;
        return calls;
      },
    });
    const count = 3000;
    for (let number = 0; number < count; number += 1) {
      const id = String(number).padStart(5, "0");
      line.add({ id, party: String(number % 50), calls: 3 });
      line.before(id);
    }
    assert.ok(asked <= 3 * count, `${asked} costs were read`);
  });

  it("starves nobody: between two turns of a wallet that waits, no other one has more than one", () => {
    fc.assert(
      fc.property(histories, histories, (before, after) => {
        const line = lineOf("");
        let count = 0;
        const come = (wallet: string) => {
          count += 1;
          add(line, `${wallet}${count}`);
        };
        for (const wallet of before) if (wallet !== null) come(wallet);
        come("z");
        const others = new Map<string, number>();
        // Others go on arriving as fast as they are taken.
        for (const wallet of [...after, ...Array<null>(300).fill(null)]) {
          if (wallet !== null) {
            come(wallet);
            continue;
          }
          const first = take(line);
          if (first.startsWith("z")) return;
          const owner = first.slice(0, 1);
          others.set(owner, (others.get(owner) ?? 0) + 1);
          assert.equal(others.get(owner), 1, `${owner} came twice while z waited`);
          come(owner);
        }
        assert.fail("z never came");
      }),
    );
  });
});

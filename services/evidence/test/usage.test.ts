import assert from "node:assert/strict";
import fc from "fast-check";
import type { UsageEntry } from "../src/core/store.ts";
import {
  type Amounts,
  emptyLedger,
  type Ledger,
  release,
  reserve,
  type Totals,
  usageOfOthers,
  windowStart,
} from "../src/core/usage.ts";
import { ledgerOf, usageEntry } from "../src/core/usage-entry.ts";

const at = (text: string) => Date.parse(text);
const amounts = (object: Record<string, bigint>): Amounts => new Map(Object.entries(object));

/** Hour, day and month as `<transactions> <token>=<amount> …`. */
function shown(totals: Totals): readonly string[] {
  return [totals.hour, totals.day, totals.month].map(({ amounts, transactions }) =>
    [transactions, ...[...amounts].map(([token, amount]) => `${token}=${amount}`).sort()].join(" "),
  );
}

/** A ledger of one wallet, kept as evidence keeps it: entry by entry, as text. */
class Book {
  readonly entries: UsageEntry[] = [];

  reserve(requestId: string, steps: readonly Amounts[], nowMs: number): void {
    this.#append(requestId, "reserved", reserve(this.ledger(requestId), steps, "", nowMs));
  }

  release(requestId: string, steps: readonly number[], nowMs: number): boolean {
    const after = release(this.ledger(requestId), new Set(steps), nowMs);
    if (after !== undefined) this.#append(requestId, "released", after);
    return after !== undefined;
  }

  /** What counts at a moment for a request, its own part left out. */
  usage(nowMs: number, requestId = "nobody"): readonly string[] {
    return shown(usageOfOthers(this.ledger(requestId), nowMs));
  }

  ledger(requestId: string): Ledger {
    return ledgerOf(
      this.entries.at(-1),
      this.entries.findLast((entry) => entry.requestId === requestId),
    );
  }

  #append(requestId: string, change: "reserved" | "released", after: Parameters<typeof usageEntry>[2]): void {
    const place = { walletId: "wallet-1", seq: this.entries.length + 1, requestId };
    this.entries.push(usageEntry(place, change, after));
  }
}

const noon = at("2026-03-31T12:30:00Z");
const minute = 60_000;
const hour = 60 * minute;

describe("the UTC calendar windows", () => {
  const rows: readonly [string, string, string, string][] = [
    ["2026-03-31T12:30:01.500Z", "2026-03-31T12:00:00Z", "2026-03-31T00:00:00Z", "2026-03-01T00:00:00Z"],
    ["2026-03-31T23:59:59.999Z", "2026-03-31T23:00:00Z", "2026-03-31T00:00:00Z", "2026-03-01T00:00:00Z"],
    ["2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z"],
    ["2024-02-29T05:00:00Z", "2024-02-29T05:00:00Z", "2024-02-29T00:00:00Z", "2024-02-01T00:00:00Z"],
    ["2026-12-31T23:00:00Z", "2026-12-31T23:00:00Z", "2026-12-31T00:00:00Z", "2026-12-01T00:00:00Z"],
  ];
  for (const [moment, ...starts] of rows) {
    it(`of ${moment} begin at ${starts.join(", ")}`, () => {
      const names = ["hour", "day", "month"] as const;
      assert.deepEqual(
        names.map((name) => windowStart(name, at(moment))),
        starts.map(at),
      );
    });
  }
});

describe("a wallet's usage ledger", () => {
  it("counts nothing before anything was reserved", () => {
    assert.deepEqual(new Book().usage(noon), ["0", "0", "0"]);
    assert.deepEqual(shown(usageOfOthers(emptyLedger, noon)), ["0", "0", "0"]);
  });

  it("counts each step as a transaction, and what it moves by token", () => {
    const book = new Book();
    book.reserve("a", [amounts({ native: 1n, usdc: 5n }), amounts({ usdc: 7n }), amounts({})], noon);
    assert.deepEqual(book.usage(noon), Array(3).fill("3 native=1 usdc=12"));
  });

  it("leaves out the own reservation of the request that asks, and no other", () => {
    const book = new Book();
    book.reserve("a", [amounts({ usdc: 5n })], noon);
    book.reserve("b", [amounts({ usdc: 7n })], noon);
    assert.deepEqual(book.usage(noon, "a"), Array(3).fill("1 usdc=7"));
    assert.deepEqual(book.usage(noon, "b"), Array(3).fill("1 usdc=5"));
  });

  it("rolls over with the hour, the day and the month", () => {
    const book = new Book();
    book.reserve("a", [amounts({ usdc: 5n })], noon);
    const rows: readonly [string, readonly string[]][] = [
      ["2026-03-31T12:59:59.999Z", ["1 usdc=5", "1 usdc=5", "1 usdc=5"]],
      ["2026-03-31T13:00:00Z", ["0", "1 usdc=5", "1 usdc=5"]],
      ["2026-03-31T23:59:59.999Z", ["0", "1 usdc=5", "1 usdc=5"]],
      ["2026-04-01T00:00:00Z", ["0", "0", "0"]],
    ];
    for (const [moment, expected] of rows) assert.deepEqual(book.usage(at(moment)), expected, moment);
    book.reserve("b", [amounts({ usdc: 1n })], noon + hour);
    assert.deepEqual(book.usage(noon + hour), ["1 usdc=1", "2 usdc=6", "2 usdc=6"]);
  });

  it("moves a reservation that is made again to the later time", () => {
    const book = new Book();
    book.reserve("a", [amounts({ usdc: 5n })], noon);
    book.reserve("b", [amounts({ usdc: 1n })], noon);
    book.reserve("a", [amounts({ usdc: 6n })], noon + hour);
    assert.deepEqual(book.usage(noon + hour), ["1 usdc=6", "2 usdc=7", "2 usdc=7"]);
  });

  it("takes a released step out of the windows it was counted in, and out of no later one", () => {
    const book = new Book();
    book.reserve("a", [amounts({ usdc: 5n }), amounts({ usdc: 2n })], noon);
    book.reserve("b", [amounts({ usdc: 100n })], noon + hour);
    assert.equal(book.release("a", [0], noon + hour), true);
    assert.deepEqual(book.usage(noon + hour), ["1 usdc=100", "2 usdc=102", "2 usdc=102"]);
    // In April nothing of March counts, so nothing of it can be taken out either.
    book.reserve("b", [amounts({ usdc: 9n })], at("2026-04-01T00:00:00Z"));
    assert.equal(book.release("a", [1], at("2026-04-01T00:00:01Z")), true);
    assert.deepEqual(book.usage(at("2026-04-01T00:00:01Z")), Array(3).fill("1 usdc=9"));
  });

  it("releases once, and nothing that was never reserved", () => {
    const book = new Book();
    assert.equal(book.release("a", [0], noon), false);
    book.reserve("a", [amounts({ usdc: 5n })], noon);
    assert.equal(book.release("b", [0], noon), false);
    assert.equal(book.release("a", [1], noon), false);
    assert.equal(book.release("a", [], noon), false);
    assert.equal(book.release("a", [0], noon), true);
    assert.equal(book.release("a", [0], noon), false);
    assert.deepEqual(book.usage(noon), ["0", "0", "0"]);
    assert.equal(book.entries.length, 2);
  });

  it("does not go back to a window that was left when a clock does", () => {
    const book = new Book();
    book.reserve("a", [amounts({ usdc: 5n })], noon + hour);
    book.reserve("b", [amounts({ usdc: 1n })], noon);
    assert.deepEqual(book.usage(noon), Array(3).fill("2 usdc=6"));
    assert.equal(book.entries[1]?.atMs, noon + hour);
  });

  it("says in every entry what changed and what counts then", () => {
    const book = new Book();
    book.reserve("a", [amounts({ native: 2n ** 126n }), amounts({ native: 1n })], noon);
    book.release("a", [0], noon + 1);
    const window = (start: string) => ({ amounts: { native: "1" }, start, transactions: 1 });
    assert.deepEqual(JSON.parse(book.entries[1]?.entryJson ?? ""), {
      at: "2026-03-31T12:30:00.001Z",
      change: "released",
      request_id: "a",
      reservation: {
        reserved_at: "2026-03-31T12:30:00.000Z",
        steps: [
          { amounts: { native: (2n ** 126n).toString() }, counts: false },
          { amounts: { native: "1" }, counts: true },
        ],
      },
      seq: 2,
      totals: {
        hour: window("2026-03-31T12:00:00.000Z"),
        day: window("2026-03-31T00:00:00.000Z"),
        month: window("2026-03-01T00:00:00.000Z"),
      },
      wallet_id: "wallet-1",
    });
  });
});

describe("the ledger's totals, whatever happens in whatever order", () => {
  const requests = ["a", "b", "c"];
  const tokens = ["native", "nep141:usdc.near"];
  const steps = fc.array(
    fc
      .array(fc.tuple(fc.constantFrom(...tokens), fc.bigInt({ min: 1n, max: 2n ** 100n })), { maxLength: 2 })
      .map((list): Amounts => new Map(list)),
    { minLength: 1, maxLength: 3 },
  );
  const act = fc.record({
    request: fc.constantFrom(...requests),
    /** Minutes; a clock may also go back a little. */
    passed: fc.oneof(fc.integer({ min: -5, max: 120 }), fc.constantFrom(24 * 60, 31 * 24 * 60)),
    what: fc.oneof(
      steps.map((reserved) => ({ kind: "reserve", reserved }) as const),
      fc.uniqueArray(fc.integer({ min: 0, max: 3 })).map((released) => ({ kind: "release", released }) as const),
    ),
  });

  /** The same, added up from all that happened, without totals. */
  class Naive {
    readonly held = new Map<string, { readonly atMs: number; readonly steps: (Amounts | undefined)[] }>();

    usage(nowMs: number, except: string): readonly string[] {
      return (["hour", "day", "month"] as const).map((name) => {
        const counting = [...this.held]
          .filter(([request, { atMs }]) => request !== except && windowStart(name, atMs) === windowStart(name, nowMs))
          .flatMap(([, { steps }]) => steps.filter((step) => step !== undefined));
        const sum = (token: string) => counting.reduce((total, step) => total + (step.get(token) ?? 0n), 0n);
        const moved = tokens.filter((token) => sum(token) > 0n).map((token) => `${token}=${sum(token)}`);
        return [counting.length, ...moved.sort()].join(" ");
      });
    }
  }

  it("equal what all reservations that still count add up to, for everybody who asks", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        const book = new Book();
        const naive = new Naive();
        let clock = noon;
        let latest = 0;
        for (const { request, passed, what } of acts) {
          clock += passed * minute;
          if (what.kind === "reserve") {
            book.reserve(request, what.reserved, clock);
            latest = Math.max(latest, clock);
            naive.held.set(request, { atMs: latest, steps: [...what.reserved] });
          } else {
            if (book.release(request, what.released, clock)) latest = Math.max(latest, clock);
            const held = naive.held.get(request);
            if (held !== undefined) {
              for (const step of what.released) if (step < held.steps.length) held.steps[step] = undefined;
            }
          }
          const nowMs = Math.max(latest, clock);
          for (const asking of [...requests, "nobody"]) {
            assert.deepEqual(book.usage(clock, asking), naive.usage(nowMs, asking));
          }
        }
      }),
    );
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { UsageEntry } from "../src/core/store.ts";
import {
  type Amounts,
  type Change,
  emptyLedger,
  release,
  reserve,
  type Totals,
  usageOfOthers,
  windowStart,
} from "../src/core/usage.ts";
import { emptyFold, type Fold, firstToFold, foldedTo, nextEntry, reservationIn } from "../src/core/usage-entry.ts";

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
    const change = release(this.ledger(requestId), new Set(steps), nowMs);
    if (change !== undefined) this.#append(requestId, "released", change);
    return change !== undefined;
  }

  /** What counts at a moment for a request, its own part left out. */
  usage(nowMs: number, requestId = "nobody"): readonly string[] {
    return shown(usageOfOthers(this.ledger(requestId), nowMs));
  }

  /** Folded from as few entries as possible. */
  ledger(requestId: string) {
    const own = this.entries.findLast((entry) => entry.requestId === requestId);
    return { ...folded(this.entries.slice(this.first - 1)), own: own && reservationIn(own) };
  }

  /** The first entry from which the ledger is folded. */
  get first(): number {
    const last = this.entries.at(-1);
    return last === undefined ? 1 : firstToFold(last);
  }

  #append(requestId: string, kind: "reserved" | "released", change: Change): void {
    const { entry, after } = nextEntry(this.ledger(requestId), { walletId: "wallet-1", requestId }, kind, change);
    this.entries.push(entry);
    assert.deepEqual(folded(this.entries.slice(this.first - 1)), after);
  }
}

function folded(entries: readonly UsageEntry[]): Fold {
  return entries.reduce((fold, entry) => foldedTo(fold, entry).fold, emptyFold);
}

const isSnapshot = ({ entryJson }: UsageEntry) => "totals" in JSON.parse(entryJson);

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

  it("says in every entry what changed, and since which snapshot", () => {
    const book = new Book();
    book.reserve("a", [amounts({ native: 2n ** 126n }), amounts({ native: 1n })], noon);
    book.release("a", [0], noon + 1);
    const steps = (counts: boolean) => [
      { amounts: { native: (2n ** 126n).toString() }, counts },
      { amounts: { native: "1" }, counts: true },
    ];
    const first = {
      at: "2026-03-31T12:30:00.000Z",
      change: "reserved",
      request_id: "a",
      reservation: { reserved_at: "2026-03-31T12:30:00.000Z", steps: steps(true) },
      seq: 1,
      snapshot_seq: 0,
      wallet_id: "wallet-1",
    };
    assert.deepEqual(
      book.entries.map(({ entryJson }) => JSON.parse(entryJson)),
      [
        first,
        {
          ...first,
          at: "2026-03-31T12:30:00.001Z",
          change: "released",
          reservation: { ...first.reservation, steps: steps(false) },
          replaced: first.reservation,
          seq: 2,
        },
      ],
    );
  });

  it("says now and then what counts: after 16 entries, where these are as long as that", () => {
    const book = new Book();
    for (let count = 1; count <= 40; count += 1) book.reserve(`r${count}`, [amounts({ native: 1n })], noon + count);
    assert.deepEqual(
      book.entries.filter(isSnapshot).map(({ seq }) => seq),
      [16, 32],
    );
    const window = (start: string) => ({ amounts: { native: "32" }, start, transactions: 32 });
    assert.deepEqual(JSON.parse(book.entries[31]?.entryJson ?? "").totals, {
      hour: window("2026-03-31T12:00:00.000Z"),
      day: window("2026-03-31T00:00:00.000Z"),
      month: window("2026-03-01T00:00:00.000Z"),
    });
    assert.deepEqual(book.usage(noon + 40), Array(3).fill("40 native=40"));
  });

  it("goes on from an entry of an earlier version, each of which holds totals", () => {
    const book = new Book();
    book.entries.push(earlierEntry("a", 1, 5n, 7n));
    assert.deepEqual(book.usage(noon), Array(3).fill("2 native=7"));
    book.reserve("b", [amounts({ native: 1n })], noon);
    book.release("a", [0], noon);
    assert.deepEqual(book.usage(noon), Array(3).fill("2 native=3"));
    assert.equal(JSON.parse(book.entries[2]?.entryJson ?? "").snapshot_seq, 1);
  });

  it("is not read where an entry is missing, rather than as less than was used", () => {
    const book = new Book();
    for (let count = 1; count <= 20; count += 1) book.reserve(`r${count}`, [amounts({ native: 1n })], noon);
    for (const missing of [16, 17, 18]) {
      const entries = book.entries.slice(15).filter(({ seq }) => seq !== missing);
      assert.throws(() => folded(entries), /the usage ledger of wallet-1 lacks/, String(missing));
    }
    for (const missing of [1, 2]) {
      const entries = book.entries.slice(0, 5).filter(({ seq }) => seq !== missing);
      assert.throws(() => folded(entries), /the usage ledger of wallet-1 lacks/, String(missing));
    }
  });

  it("stays small where a wallet moves many tokens, and is folded from little more than its totals", () => {
    const book = new Book();
    const lengthOf = (entries: readonly UsageEntry[]) =>
      entries.reduce((sum, { entryJson }) => sum + entryJson.length, 0);
    for (let request = 0; request < 90; request += 1) {
      const tokenOf = (step: number) => `nep245:intents.near:nep141:token-${request}-${step}.factory.near`;
      const steps = Array.from({ length: 12 }, (_, step) => amounts({ [tokenOf(step)]: 10n ** 24n }));
      book.reserve(`r${request}`, steps, noon);
      book.release(`r${request}`, [0], noon);
      const read = book.entries.slice(book.first - 1);
      const totals = lengthOf(book.entries.filter(isSnapshot).slice(-1));
      // Beside the totals, as much again in changes, or 16 entries of them.
      assert.ok(lengthOf(read) <= 2 * totals + 16 * 2_500, `${lengthOf(read)} for ${totals}`);
    }
    const snapshots = lengthOf(book.entries.filter(isSnapshot));
    const changes = lengthOf(book.entries.filter((entry) => !isSnapshot(entry)));
    assert.equal(book.ledger("nobody").totals.month.amounts.size, 90 * 11);
    assert.ok(snapshots > 150_000, `${snapshots}`);
    // With totals in every entry these are 22 MB.
    assert.ok(snapshots < 1.5 * changes, `${snapshots} beside ${changes}`);
    assert.ok(snapshots + changes < 1_200_000, `${snapshots + changes}`);
  });

  it("is folded from 1,024 entries at most, however much longer its totals are", () => {
    const book = new Book();
    const many = Array.from({ length: 3_000 }, (_, token) => [`nep141:token-${token}.near`, 1n] as const);
    const totals = { totals: { hour: new Map(many), day: new Map(many), month: new Map(many) } };
    book.entries.push(earlierEntry("first", 1, 1n, 1n, totals.totals));
    let most = 0;
    let fold = book.ledger("nobody");
    const entries = [...book.entries];
    for (let count = 1; count <= 1_100; count += 1) {
      const of = { walletId: "wallet-1", requestId: `r${count}` };
      const { entry, after } = nextEntry(fold, of, "reserved", reserve({ ...fold, own: undefined }, [], "", noon));
      fold = { ...after, own: undefined };
      entries.push(entry);
      most = Math.max(most, entry.seq + 1 - firstToFold(entry));
    }
    assert.equal(most, 1_024);
    assert.equal(entries.filter(isSnapshot).length, 2);
  });
});

/** An entry as earlier versions wrote them. */
function earlierEntry(
  requestId: string,
  seq: number,
  reserved: bigint,
  used: bigint,
  more?: Readonly<Record<"hour" | "day" | "month", Amounts>>,
): UsageEntry {
  const at = "2026-03-31T12:30:00.000Z";
  const starts = {
    hour: "2026-03-31T12:00:00.000Z",
    day: "2026-03-31T00:00:00.000Z",
    month: "2026-03-01T00:00:00.000Z",
  };
  const windowOf = (name: keyof typeof starts) => {
    const others = [...(more?.[name] ?? [])].map(([token, amount]) => [token, String(amount)]);
    return {
      amounts: { native: String(used), ...Object.fromEntries(others) },
      start: starts[name],
      transactions: 2,
    };
  };
  const entry = {
    at,
    change: "reserved",
    request_id: requestId,
    reservation: { reserved_at: at, steps: [{ amounts: { native: String(reserved) }, counts: true }] },
    seq,
    totals: { hour: windowOf("hour"), day: windowOf("day"), month: windowOf("month") },
    wallet_id: "wallet-1",
  };
  return { walletId: "wallet-1", seq, requestId, atMs: noon, entryJson: JSON.stringify(entry) };
}

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

  /** @param after called after each act */
  function play(
    acts: readonly (typeof act extends fc.Arbitrary<infer A> ? A : never)[],
    after: (book: Book, naive: Naive, clock: number, nowMs: number) => void,
  ): void {
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
      after(book, naive, clock, Math.max(latest, clock));
    }
  }

  it("equal what all reservations that still count add up to, for everybody who asks", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        play(acts, (book, naive, clock, nowMs) => {
          for (const asking of [...requests, "nobody"]) {
            assert.deepEqual(book.usage(clock, asking), naive.usage(nowMs, asking));
          }
        });
      }),
    );
  });

  it("equal that from one snapshot to the next as well", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 45, maxLength: 50 }), (acts) => {
        play(acts, (book, naive, clock, nowMs) => {
          if (book.entries.length >= 15) assert.deepEqual(book.usage(clock), naive.usage(nowMs, "nobody"));
        });
      }),
      { numRuns: 25 },
    );
  });
});

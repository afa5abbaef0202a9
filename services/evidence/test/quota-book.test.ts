import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { KeyedMutex, systemPorts } from "@outlayer/kit";
import { QuotaBook } from "../src/core/quota-book.ts";
import { defaultQuotas, type QuotaRules } from "../src/core/quotas.ts";
import type { StoredAccount } from "../src/core/store.ts";

const { ids } = systemPorts();

/** A book on a store in memory, whose next writes fail or lose to another writer as a test likes. */
function bookOn(outcomes: ("written" | "lost" | "broken")[] = []) {
  let stored: StoredAccount | undefined;
  let writes = 0;
  const lasting: boolean[] = [];
  const accounts = new KeyedMutex();
  const book = new QuotaBook({
    store: {
      readAccount: async () => stored,
      async replaceAccount(_before, after, mayBeLost) {
        writes += 1;
        lasting.push(mayBeLost !== true);
        await new Promise((resolve) => setImmediate(resolve));
        const outcome = outcomes.shift() ?? "written";
        if (outcome === "broken") throw new Error("the database is away");
        if (outcome === "written") stored = after;
        return outcome === "written";
      },
    },
    rules: { default: { ...defaultQuotas, plansPerMinute: 10 }, exceptions: new Map() },
    oneByOne: (walletId, change) => accounts.run(walletId, change),
    now: () => Date.parse("2026-03-31T12:30:00Z"),
    token: () => ids.uuid(),
    record: async () => undefined,
  });
  return { book, lasting, writes: () => writes };
}

/** Books of two processes on one store. */
function twoBooks() {
  let stored: StoredAccount | undefined;
  let reads = 0;
  const store = {
    async readAccount() {
      reads += 1;
      return stored;
    },
    async replaceAccount(before: StoredAccount | undefined, after: StoredAccount) {
      if (before?.token !== stored?.token) return false;
      stored = after;
      return true;
    },
  };
  const bookOf = () => {
    const accounts = new KeyedMutex();
    return new QuotaBook({
      store,
      rules: { default: { ...defaultQuotas, plansPerMinute: 10, startsPerHour: 1 }, exceptions: new Map() },
      oneByOne: (walletId, change) => accounts.run(walletId, change),
      now: () => Date.parse("2026-03-31T12:30:00Z"),
      token: () => ids.uuid(),
      record: async () => undefined,
    });
  };
  return { one: bookOf(), other: bookOf(), reads: () => reads };
}

/** A book on a store in memory, or on another one's. */
function bookInMemory(
  rules: QuotaRules,
  other?: QuotaBook,
  isAway: (walletId: string) => boolean = () => false,
): QuotaBook {
  const stored = (other === undefined ? undefined : stores.get(other)) ?? new Map<string, StoredAccount>();
  const accounts = new KeyedMutex();
  const book = new QuotaBook({
    store: {
      readAccount: async (walletId) => stored.get(walletId),
      async replaceAccount(before, after) {
        if (isAway(after.walletId)) throw new Error("the database is away");
        if (before?.token !== stored.get(after.walletId)?.token) return false;
        stored.set(after.walletId, after);
        return true;
      },
    },
    rules,
    oneByOne: (walletId, change) => accounts.run(walletId, change),
    now: () => Date.parse("2026-03-31T12:30:00Z"),
    token: () => ids.uuid(),
    record: async () => undefined,
  });
  stores.set(book, stored);
  return book;
}

const stores = new WeakMap<QuotaBook, Map<string, StoredAccount>>();

const remaining = (plans: Awaited<ReturnType<QuotaBook["countPlan"]>>) =>
  plans.kind === "counted" ? plans.standings[0]?.remaining : plans.kind;

describe("changes of one wallet's account", () => {
  it("wait for the disk, but for plans, and for starts, whose logs wait for it", async () => {
    const { book, lasting } = bookOn();
    await book.countPlan("wallet-1");
    const start = { requestId: ids.uuid(), boundYocto: 1n };
    await book.countStart("wallet-1", start);
    await Promise.all([
      book.countPlan("wallet-1"),
      book.countPlan("wallet-1"),
      book.charge("wallet-1", start.requestId, 1n),
    ]);
    await book.giveBack("wallet-1", start);
    assert.deepEqual(lasting, [false, false, true, true]);
  });

  it("that come while another is written are written together, each with its own standing", async () => {
    const { book, writes } = bookOn();
    const plans = await Promise.all(Array.from({ length: 12 }, () => book.countPlan("wallet-1")));
    assert.deepEqual(plans.map(remaining), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, "exceeded", "exceeded"]);
    assert.ok(writes() <= 2, `${writes()} writes`);
  });

  it("are all counted anew when another writer was faster", async () => {
    const { book, writes } = bookOn(["lost", "lost"]);
    const plans = await Promise.all([book.countPlan("wallet-1"), book.countPlan("wallet-1")]);
    assert.deepEqual([plans.map(remaining), writes()], [[9, 8], 3]);
  });

  it("are read once by the one process that writes them", async () => {
    const { one, reads } = twoBooks();
    for (const left of [9, 8, 7]) assert.equal(remaining(await one.countPlan("wallet-1")), left);
    assert.equal(reads(), 1);
  });

  it("count what another process has written since", async () => {
    const { one, other } = twoBooks();
    const counted = [
      await one.countPlan("wallet-1"),
      await other.countPlan("wallet-1"),
      await one.countPlan("wallet-1"),
    ];
    assert.deepEqual(counted.map(remaining), [9, 8, 7]);
  });

  it("are refused by what is stored now: another process may have made room", async () => {
    const { one, other } = twoBooks();
    const first = { requestId: ids.uuid(), boundYocto: 0n };
    const second = { requestId: ids.uuid(), boundYocto: 0n };
    assert.equal((await one.countStart("wallet-1", first)).kind, "counted");
    await other.giveBack("wallet-1", first);
    assert.equal((await one.countStart("wallet-1", second)).kind, "counted");
    assert.equal((await other.countStart("wallet-1", first)).kind, "exceeded");
  });

  it("that another process has made are made all the same", async () => {
    const { one, other } = twoBooks();
    const start = { requestId: ids.uuid(), boundYocto: 0n };
    await one.giveBack("wallet-1", start);
    await one.countPlan("wallet-1");
    await other.countStart("wallet-1", start);
    await one.giveBack("wallet-1", start);
    assert.equal((await other.countStart("wallet-1", { ...start, requestId: ids.uuid() })).kind, "counted");
  });

  it("all fail when the write does, and hold nobody up afterwards", async () => {
    const { book } = bookOn(["broken"]);
    const plans = await Promise.allSettled([book.countPlan("wallet-1"), book.countPlan("wallet-1")]);
    assert.deepEqual(
      plans.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.equal(remaining(await book.countPlan("wallet-1")), 9);
  });
});

describe("sessions together (rule: sessions-share-one-wallets-part)", () => {
  const start = () => ({ requestId: ids.uuid(), boundYocto: 1n });
  const quotas = { ...defaultQuotas, plansPerMinute: 10, operatorYoctoPerDay: 3n };
  const alice = "account:alice.near";

  it("have what one wallet has, however many accounts there are", async () => {
    const book = bookInMemory({ default: quotas, exceptions: new Map() });
    for (const name of ["alice", "bob", "carol"]) {
      assert.equal((await book.countStart(`account:${name}.near`, start())).kind, "counted");
    }
    const refused = await book.countStart("account:dave.near", start());
    assert.deepEqual([refused.kind, Reflect.get(refused, "whose")], ["exceeded", "all_sessions"]);
    assert.equal((await book.countStart("wallet-1", start())).kind, "counted");
  });

  it("leave a session that they refuse its own quota", async () => {
    const book = bookInMemory({
      default: quotas,
      exceptions: new Map([["account:", { ...quotas, startsPerHour: 1 }]]),
    });
    await book.countStart("account:bob.near", start());
    assert.equal((await book.countStart(alice, start())).kind, "exceeded");
    const wide = new Map([["account:", quotas]]);
    const wider = bookInMemory({ default: { ...quotas, startsPerHour: 1 }, exceptions: wide }, book);
    assert.equal((await wider.countStart(alice, start())).kind, "counted");
  });

  it("leave a session its own quota where their count cannot be written", async () => {
    let isAway = true;
    const once = { ...quotas, startsPerHour: 1 };
    const book = bookInMemory({ default: once, exceptions: new Map() }, undefined, (walletId) => {
      return isAway && walletId === "account:";
    });
    await assert.rejects(book.countStart(alice, start()), /the database is away/);
    isAway = false;
    assert.equal((await book.countStart(alice, start())).kind, "counted");
  });

  it("are settled, charged and given back with the session", async () => {
    const book = bookInMemory({ default: quotas, exceptions: new Map() });
    const first = start();
    await book.countStart(alice, first);
    await book.charge(alice, first.requestId, 1n);
    await book.settle(
      create(RecordSchema, {
        walletId: alice,
        requestId: first.requestId,
        fees: { gateFeeYocto: "1", gasBurntYocto: "1" },
      }),
    );
    const bob = "account:bob.near";
    assert.equal((await book.countStart(bob, start())).kind, "exceeded");
    const second = bookInMemory({ default: quotas, exceptions: new Map() });
    for (let round = 0; round < 4; round += 1) {
      const one = start();
      assert.equal((await second.countStart(bob, { ...one, boundYocto: 3n })).kind, "counted");
      await second.giveBack(bob, { ...one, boundYocto: 3n });
    }
  });

  it("tell a session the standing with least left", async () => {
    const book = bookInMemory({ default: quotas, exceptions: new Map() });
    assert.equal(remaining(await book.countPlan("account:bob.near")), 9);
    assert.equal(remaining(await book.countPlan(alice)), 8);
  });
});

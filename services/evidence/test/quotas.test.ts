import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, QuotaFailureSchema, RetryInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { KeyedMutex, systemPorts } from "@outlayer/kit";
import { OpenRequests } from "../src/core/open-requests.ts";
import { storedAccount } from "../src/core/quota-account.ts";
import { QuotaBook } from "../src/core/quota-book.ts";
import { defaultQuotas, emptyAccount, type Quotas } from "../src/core/quotas.ts";
import { type EvidenceUnderTest, opening, startEvidence } from "./support/harness.ts";
import { onEveryStore, type Place } from "./support/places.ts";

const { ids } = systemPorts();
const noon = Date.parse("2026-03-31T12:30:00Z");
const [second, minute, hour] = [1_000, 60_000, 3_600_000];
const near = 10n ** 24n;

/** Quotas of every wallet but `wallet-2`, which has twice as many. */
const few = { ...defaultQuotas, openWorkflows: 3, startsPerHour: 6, plansPerMinute: 4, operatorYoctoPerDay: near };
const rules = {
  default: few,
  exceptions: new Map<string, Quotas>([["wallet-2", { ...few, openWorkflows: 6 }]]),
};

onEveryStore("the quotas of a wallet", (newPlace) => {
  let place: Place;
  let evidence: EvidenceUnderTest;
  let now = noon;
  beforeEach(async () => {
    now = noon;
    place = newPlace();
    evidence = await startEvidence(place, { now: () => now }, { quotas: rules });
  });
  afterEach(() => evidence.stop());

  type Extra = Partial<MessageInitShape<typeof OpenedSchema>>;
  const openAs = (requestId: string, key: string, boundYocto = 0n, extra: Extra = {}) => {
    const opened = create(OpenedSchema, { ...opening(key), ...extra } as MessageInitShape<typeof OpenedSchema>);
    return evidence.logs.openWorkflow({ requestId, opened, operatorBoundYocto: String(boundYocto) });
  };
  const open = (key: string, boundYocto = 0n, extra: Extra = {}) => openAs(ids.uuid(), key, boundYocto, extra);
  const idOf = async (opened: ReturnType<typeof open>) => (await opened).record?.requestId ?? "";
  const end = async (requestId: string, costYocto = 0n, status = "succeeded") => {
    const fees = { gateFeeYocto: String(costYocto), gasBurntYocto: "0" };
    const version = await evidence.append(requestId, 1, { case: "measured", value: { fees } });
    await evidence.append(requestId, version, { case: "ended", value: { status } });
  };
  /** The quota for which a call is refused, and seconds until it may help to ask again. */
  const refused = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => assert.fail("it was not refused"),
      (caught: unknown) => ConnectError.from(caught),
    );
    assert.equal(error.code, Code.ResourceExhausted);
    const [info] = error.findDetails(ErrorInfoSchema);
    assert.equal(info?.reason, "QUOTA_EXCEEDED");
    const [failure] = error.findDetails(QuotaFailureSchema);
    assert.equal(failure?.violations[0]?.quotaId, info.metadata.quota);
    const [retry] = error.findDetails(RetryInfoSchema);
    return [info.metadata.quota, Number(retry?.retryDelay?.seconds)];
  };
  const recordsOf = async () => (await evidence.logs.listOpenWorkflows({})).workflows.length;

  it("lets a wallet open no more workflows than its quota, and as many again as have ended", async () => {
    const first = await idOf(open("1"));
    await open("2");
    const { quotas } = await open("3");
    assert.deepEqual(
      quotas.map(({ quota, limit, remaining }) => [quota, limit, remaining]),
      [
        ["open_workflows", 3n, 0n],
        ["starts_per_hour", 6n, 3n],
        ["operator_near_per_day", 1000n, 1000n],
      ],
    );
    assert.deepEqual(await refused(open("4")), ["open_workflows", 5]);
    assert.equal(await recordsOf(), 3, "nothing is recorded");
    await end(first);
    assert.equal((await open("4")).created, true, "and the key stayed free");
  });

  it("counts a workflow as open for as long as it settles", async () => {
    const [first] = [await idOf(open("1")), await idOf(open("2")), await idOf(open("3"))];
    const version = await evidence.append(first, 1, { case: "settling", value: { errorCode: "cancelled" } });
    assert.deepEqual(await refused(open("4")), ["open_workflows", 5]);
    await evidence.append(first, version, { case: "ended", value: { status: "cancelled" } });
    await open("4");
  });

  it("lets at most one of 32 starts through that race for the last place", async () => {
    await open("1");
    await open("2");
    const outcomes = await Promise.allSettled(Array.from({ length: 32 }, (_, index) => open(`raced ${index}`)));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal(await recordsOf(), 3);
  });

  it("lets at most one of 32 replicas count what is left", async () => {
    const stores = place.openStores();
    await Promise.all(stores.map((store) => store.start()));
    const book = (index: number) => {
      const store = stores[index % stores.length];
      assert.ok(store);
      const token = () => ids.uuid();
      const accountMutex = new KeyedMutex();
      const oneByOne = <T>(walletId: string, change: () => Promise<T>) => accountMutex.run(walletId, change);
      return new QuotaBook({ store, rules, oneByOne, now: () => now, token, record: async () => undefined });
    };
    const counted = await Promise.all(
      Array.from({ length: 32 }, (_, index) =>
        book(index).countStart("wallet-1", { requestId: ids.uuid(), boundYocto: 0n }),
      ),
    );
    assert.equal(counted.filter(({ kind }) => kind === "counted").length, 3);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("neither counts nor refuses a repeated key, also where nothing is left", async () => {
    const requestId = await idOf(open("1"));
    await open("2");
    await open("3");
    for (let again = 0; again < 20; again += 1) {
      const { record, created } = await open("1");
      assert.deepEqual([record?.requestId, created], [requestId, false]);
    }
    await end(requestId);
    assert.equal((await open("1")).record?.status, "succeeded");
    assert.equal((await open("4")).quotas.find(({ quota }) => quota === "starts_per_hour")?.remaining, 2n);
  });

  it("counts one of 32 requests of one key that come at once", async () => {
    await open("1");
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => open("stormed")));
    assert.equal(outcomes.filter(({ created }) => created).length, 1);
    assert.equal((await open("3")).quotas.find(({ quota }) => quota === "open_workflows")?.remaining, 0n);
  });

  it("gives back what it counted for a key that was used for another request", async () => {
    await open("1");
    for (let again = 0; again < 10; again += 1) {
      const other = { fingerprint: "b".repeat(64) };
      await assert.rejects(open("1", 0n, other), (error) => ConnectError.from(error).code === Code.AlreadyExists);
    }
    assert.equal((await open("2")).quotas.find(({ quota }) => quota === "starts_per_hour")?.remaining, 4n);
  });

  it("counts records that end where they begin as starts, and begins anew with the hour", async () => {
    const ended = { ended: { status: "rejected" } };
    for (let count = 0; count < 6; count += 1) await open(`rejected ${count}`, 0n, ended);
    assert.deepEqual(await refused(open("7", 0n, ended)), ["starts_per_hour", 1800]);
    now += 30 * minute - second;
    assert.deepEqual(await refused(open("7", 0n, ended)), ["starts_per_hour", 1]);
    now += second;
    await open("7", 0n, ended);
  });

  it("counts plans, each wallet's for itself, and begins anew with the minute", async () => {
    const plan = (walletId = "wallet-1") => evidence.logs.countPlan({ walletId });
    for (let count = 0; count < 4; count += 1) await plan();
    assert.deepEqual(await refused(plan()), ["plans_per_minute", 60]);
    await plan("wallet-3");
    now += minute;
    assert.deepEqual(
      (await plan()).quotas.map(({ quota, remaining, resetSecs }) => [quota, remaining, resetSecs]),
      [["plans_per_minute", 3n, 60]],
    );
  });

  it("knows of a wallet that has other quotas", async () => {
    for (let count = 0; count < 6; count += 1) await open(`${count}`, 0n, { walletId: "wallet-2" });
    assert.deepEqual((await refused(open("7", 0n, { walletId: "wallet-2" })))[0], "starts_per_hour");
    now += hour;
    assert.deepEqual(await refused(open("7", 0n, { walletId: "wallet-2" })), ["open_workflows", 5]);
  });

  it("remembers it all after a restart", async () => {
    for (let count = 0; count < 3; count += 1) await open(`${count}`, near / 4n);
    for (let count = 0; count < 4; count += 1) await evidence.logs.countPlan({ walletId: "wallet-1" });
    await evidence.restart();
    assert.deepEqual((await refused(open("4")))[0], "open_workflows");
    assert.deepEqual((await refused(evidence.logs.countPlan({ walletId: "wallet-1" })))[0], "plans_per_minute");
  });

  describe("of the operator's NEAR", () => {
    it("lets what open workflows may cost together be no more than the day's", async () => {
      const first = await idOf(open("1", near / 2n));
      await open("2", near / 2n);
      assert.deepEqual(await refused(open("3", near / 10n)), ["operator_near_per_day", 5], "soon there may be room");
      await end(first, near / 10n);
      await open("3", near / 10n);
    });

    it("counts what failed ones have cost, until the UTC day ends", async () => {
      for (const status of ["failed", "cancelled"]) await end(await idOf(open(status, near / 10n)), near / 2n, status);
      const untilMidnight = (11 * hour + 30 * minute) / second;
      assert.deepEqual(await refused(open("3", near / 10n)), ["operator_near_per_day", untilMidnight]);
      assert.equal((await open("of the user's own key", 0n)).created, true, "what costs the operator nothing goes on");
      now += untilMidnight * second;
      await open("3", near / 10n);
    });

    it("counts what was burnt beside the record", async () => {
      const requestId = await idOf(open("1", near / 10n));
      const charge = { walletId: "wallet-1", requestId, yocto: String(near / 2n), lease: evidence.lease };
      await evidence.logs.chargeOperator(charge);
      assert.deepEqual((await refused(open("2", near / 2n)))[1], 5);
      await end(requestId, near / 4n);
      const [, , { remaining } = {}] = (await open("2", near / 4n)).quotas;
      assert.equal(remaining, 0n);
    });

    it("counts nothing of a call of the user's own key: its gas is the user's", async () => {
      const call = { endpoint: "direct_user_function_call", calls: [] };
      const requestId = await idOf(open("1", 0n, call));
      const fees = { gateFeeYocto: "0", gasBurntYocto: String(2n * near) };
      await evidence.append(requestId, 1, { case: "measured", value: { fees } });
      await evidence.append(requestId, 2, { case: "ended", value: { status: "succeeded" } });
      assert.equal((await open("2", near)).created, true);
    });
  });

  describe("after a crash", () => {
    /** What a process leaves that ends between counting and recording, or between the end and counting it. */
    async function leave(requestIds: readonly string[]): Promise<void> {
      const [store] = place.openStores();
      assert.ok(store);
      await store.start();
      const before = await store.readAccount("wallet-1");
      const each = { atMs: now, boundYocto: near / 10n, chargedYocto: 0n };
      const account = {
        ...emptyAccount,
        atMs: now,
        open: OpenRequests.of(requestIds.map((requestId) => ({ requestId, ...each }))),
      };
      assert.ok(await store.replaceAccount(before, storedAccount("wallet-1", ids.uuid(), account)));
      await store.close();
    }

    it("lets what was counted and never recorded hold nobody up for longer than a minute", async () => {
      await leave([ids.uuid(), ids.uuid(), ids.uuid()]);
      assert.deepEqual((await refused(open("1")))[0], "open_workflows");
      now += 2 * minute;
      await open("1");
    });

    it("counts what ended without being counted, at what it has cost", async () => {
      const requestIds = await Promise.all(["1", "2", "3"].map((key) => idOf(open(key))));
      await Promise.all(requestIds.map((requestId) => end(requestId, near / 5n, "failed")));
      await leave(requestIds);
      now += 2 * minute;
      const { quotas } = await open("4");
      assert.deepEqual(
        quotas.map(({ quota, remaining }) => [quota, remaining]),
        [
          ["open_workflows", 2n],
          ["starts_per_hour", 5n],
          ["operator_near_per_day", 400n],
        ],
      );
    });

    it("counts a start once that is asked for again since no answer came", async () => {
      const requestId = ids.uuid();
      await openAs(requestId, "1", near / 10n);
      const { record } = await openAs(requestId, "1", near / 10n);
      assert.equal(record?.requestId, requestId);
      assert.equal((await open("2")).quotas.find(({ quota }) => quota === "open_workflows")?.remaining, 1n);
    });
  });

  it("keeps no account in which nothing counts any more", async () => {
    const [store] = place.openStores();
    assert.ok(store);
    await store.start();
    const idle = storedAccount("idle", ids.uuid(), { ...emptyAccount, atMs: Date.now() - 72 * hour });
    const busy = storedAccount("busy", ids.uuid(), {
      ...emptyAccount,
      atMs: Date.now() - 72 * hour,
      open: OpenRequests.none.with({ requestId: ids.uuid(), atMs: 0, boundYocto: 0n, chargedYocto: 0n }),
    });
    assert.ok(idle.expiresAtMs !== undefined && idle.expiresAtMs < Date.now());
    assert.equal(busy.expiresAtMs, undefined, "an open request is never forgotten");
    for (const account of [idle, busy]) assert.ok(await store.replaceAccount(undefined, account));
    const token = ids.uuid();
    assert.ok(
      await store.replaceAccount(undefined, storedAccount("new", token, { ...emptyAccount, atMs: Date.now() })),
    );
    assert.equal((await store.readAccount("busy"))?.token, busy.token);
    assert.equal((await store.readAccount("new"))?.token, token);
    // MongoDB removes it in its own time, by an index that the start holds against what it has to be.
    if (place.database.kind === "sqlite") assert.equal(await store.readAccount("idle"), undefined);
    await store.close();
  });

  it("lets one of 32 writers replace an account, and nobody one that was removed and written since", async () => {
    const stores = place.openStores();
    await Promise.all(stores.map((store) => store.start()));
    const [store] = stores;
    assert.ok(store);
    const of = (token: string) => storedAccount("raced", token, { ...emptyAccount, atMs: now });
    const race = (before: ReturnType<typeof of> | undefined) =>
      Promise.all(
        Array.from({ length: 32 }, async (_, index) => {
          const after = of(ids.uuid());
          return (await (stores[index % stores.length] ?? store).replaceAccount(before, after)) ? [after] : [];
        }),
      );
    const [first, ...none] = (await race(undefined)).flat();
    assert.deepEqual([none.length, (await store.readAccount("raced"))?.token], [0, first?.token]);
    const [next, ...others] = (await race(first)).flat();
    assert.deepEqual([others.length, (await store.readAccount("raced"))?.token], [0, next?.token]);
    assert.equal(await store.replaceAccount(first, of(ids.uuid())), false);
    await Promise.all(stores.map((each) => each.close()));
  });
});

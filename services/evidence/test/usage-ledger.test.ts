import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { StepUsageSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { countsDigest, UsageProofs } from "@outlayer/kit";
import { type EvidenceUnderTest, leaseOf, startEvidence, usageSecret } from "./support/harness.ts";
import { onEveryStore } from "./support/places.ts";

const walletId = "wallet-1";
const step = (amount: string, token = "native") => ({ amounts: [{ token, amount }] });
const noon = Date.parse("2026-03-31T12:30:00Z");

onEveryStore("the usage ledger of a wallet", (newPlace) => {
  let evidence: EvidenceUnderTest;
  let now = noon;
  beforeEach(async () => {
    now = noon;
    evidence = await startEvidence(newPlace(), { now: () => now });
  });
  afterEach(() => evidence.stop());

  const used = (exceptRequestId = evidence.id(), of = walletId) => usedBy({ walletId: of, exceptRequestId });
  const usedByAll = () => usedBy({ walletId });
  const usedBy = async (asked: { walletId: string; exceptRequestId?: string }) => {
    const { seq, usage } = await evidence.logs.readUsage(asked);
    return { seq: Number(seq), hourly: usage?.hourly, daily: usage?.daily, count: usage?.hourlyTxCount };
  };
  const reserve = (requestId: string, expectedSeq: number, ...steps: object[]) =>
    reserveUnder(evidence.lease, requestId, expectedSeq, ...steps);
  const reserveUnder = (lease: typeof evidence.lease, requestId: string, expectedSeq: number, ...steps: object[]) =>
    evidence.logs.reserveUsage({ walletId, requestId, expectedSeq: BigInt(expectedSeq), steps, lease });
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => ConnectError.from(error).code,
    );

  it("begins at 0 and counts what is reserved, of each wallet for itself", async () => {
    assert.deepEqual(await used(), { seq: 0, hourly: {}, daily: {}, count: 0 });
    const requestId = evidence.id();
    const { seq } = await reserve(requestId, 0, step("5"), step("7"), step("1", "nep141:usdc.near"));
    assert.equal(seq, 1n);
    const all = { native: "12", "nep141:usdc.near": "1" };
    assert.deepEqual(await used(), { seq: 1, hourly: all, daily: all, count: 3 });
    assert.deepEqual(await used(requestId), { seq: 1, hourly: {}, daily: {}, count: 0 });
    assert.deepEqual(await usedByAll(), { seq: 1, hourly: all, daily: all, count: 3 });
    assert.deepEqual(await used(undefined, "wallet-2"), { seq: 0, hourly: {}, daily: {}, count: 0 });
  });

  it("adds up a token that a step names twice", async () => {
    await reserve(evidence.id(), 0, { amounts: [...step("5").amounts, ...step("6").amounts] });
    assert.deepEqual((await used()).hourly, { native: "11" });
  });

  it("lets a window that is over count nothing", async () => {
    await reserve(evidence.id(), 0, step("5"));
    now += 3_600_000;
    assert.deepEqual(await used(), { seq: 1, hourly: {}, daily: { native: "5" }, count: 0 });
  });

  it("lets exactly one of 32 writers have the next entry", async () => {
    await reserve(evidence.id(), 0, step("1"));
    const writers = Array.from({ length: 32 }, () => reserve(evidence.id(), 1, step("10")));
    const outcomes = await Promise.allSettled(writers);
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") assert.equal(ConnectError.from(outcome.reason).code, Code.Aborted);
    }
    assert.deepEqual(await used(), { seq: 2, hourly: { native: "11" }, daily: { native: "11" }, count: 2 });
  });

  it("loses no reservation of 32 writers that begin again when others were faster", async () => {
    const write = async (requestId: string) => {
      for (;;) {
        const { seq } = await used(requestId);
        const code = await codeOf(reserve(requestId, seq, step("10")));
        if (code === undefined) return;
        assert.equal(code, Code.Aborted);
      }
    };
    await Promise.all(Array.from({ length: 32 }, () => write(evidence.id())));
    assert.deepEqual(await used(), { seq: 32, hourly: { native: "320" }, daily: { native: "320" }, count: 32 });
  });

  it("refuses an entry that is behind or ahead", async () => {
    await reserve(evidence.id(), 0, step("1"));
    assert.equal(await codeOf(reserve(evidence.id(), 0, step("1"))), Code.Aborted);
    assert.equal(await codeOf(reserve(evidence.id(), 2, step("1"))), Code.Aborted);
    assert.equal((await used()).seq, 1);
  });

  it("releases steps, again without effect, and together with others", async () => {
    const ids = Array.from({ length: 8 }, () => evidence.id());
    for (const [index, requestId] of ids.entries()) await reserve(requestId, index, step("1"), step("100"));
    const { lease } = evidence;
    const release = (requestId: string, steps: number[]) =>
      evidence.logs.releaseUsage({ walletId, requestId, steps, lease });
    await Promise.all(ids.map((requestId) => release(requestId, [1])));
    assert.deepEqual(await used(), { seq: 16, hourly: { native: "8" }, daily: { native: "8" }, count: 8 });
    assert.equal((await release(ids[0] ?? "", [1])).seq, 16n);
    assert.equal((await release(evidence.id(), [0])).seq, 16n);
    await release(ids[0] ?? "", [0, 1]);
    assert.deepEqual(await used(), { seq: 17, hourly: { native: "7" }, daily: { native: "7" }, count: 7 });
  });

  it("is there again after a restart", async () => {
    const requestId = evidence.id();
    await reserve(requestId, 0, step("5"), step("6"));
    await evidence.restart();
    await evidence.logs.releaseUsage({ walletId, requestId, steps: [0], lease: evidence.lease });
    assert.deepEqual(await used(), { seq: 2, hourly: { native: "6" }, daily: { native: "6" }, count: 1 });
  });

  it("takes nothing from one who does not drive any more", async () => {
    const { lease } = evidence;
    const requestId = evidence.id();
    await reserve(requestId, 0, step("5"));
    await leaseOf(evidence.logs);
    const isLost = (call: Promise<unknown>) =>
      call.then(
        () => false,
        (error: unknown) => ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason === "LEASE_LOST",
      );
    assert.equal(await isLost(reserveUnder(lease, evidence.id(), 1, step("6"))), true);
    assert.equal(await isLost(evidence.logs.releaseUsage({ walletId, requestId, steps: [0], lease })), true);
    assert.deepEqual(await usedByAll(), { seq: 1, hourly: { native: "5" }, daily: { native: "5" }, count: 1 });
  });

  it("takes decimal amounts of a named token only", async () => {
    for (const bad of [step("-1"), step(""), step("01"), step("1e3"), step("1", "")]) {
      assert.equal(await codeOf(reserve(evidence.id(), 0, bad)), Code.InvalidArgument);
    }
    assert.equal(await codeOf(reserve(evidence.id(), 0)), Code.InvalidArgument);
  });

  describe("for signing", () => {
    const proofs = new UsageProofs(usageSecret);
    const [terms, others] = ["a".repeat(64), "b".repeat(64)];
    const reserveFor = async (requestId: string, termsDigest: string, ...steps: { amounts: object[] }[]) => {
      const { seq } = await evidence.logs.readUsage({ walletId, exceptRequestId: requestId });
      const request = { walletId, requestId, expectedSeq: seq, steps, lease: evidence.lease, termsDigest };
      return { expectedSeq: seq, ...(await evidence.logs.reserveUsage(request)) };
    };

    it("states what was used so that only whoever has the secret could have said it, and what of it was left out", async () => {
      await reserve(evidence.id(), 0, step("5"), step("7"));
      const requestId = evidence.id();
      const { seq, usage, statement } = await evidence.logs.readUsage({ walletId, exceptRequestId: requestId });
      assert.ok(statement !== undefined);
      assert.deepEqual([statement.seq, statement.usage, statement.issuedAtMs], [seq, usage, BigInt(now)]);
      assert.ok(proofs.isStated({ walletId, requestId }, statement));
      assert.ok(!proofs.isStated({ walletId, requestId: undefined }, statement));
      assert.ok(!proofs.isStated({ walletId: "wallet-2", requestId }, statement));
      assert.ok(!new UsageProofs("x".repeat(32)).isStated({ walletId, requestId }, statement));
    });

    it("gives its word for what it counts, on the strength of which entry, and for which terms; without terms it gives none", async () => {
      const requestId = evidence.id();
      assert.equal((await reserveFor(requestId, "", step("5"))).reservation, undefined);
      const { reservation, expectedSeq } = await reserveFor(requestId, terms, step("5"));
      assert.ok(reservation !== undefined);
      const { amounts } = create(StepUsageSchema, step("5"));
      assert.deepEqual(
        [reservation.seq, reservation.countsDigest, reservation.termsDigest],
        [expectedSeq, countsDigest([create(StepUsageSchema, { amounts })]), terms],
      );
      assert.ok(proofs.isReserved(walletId, requestId, reservation));
      assert.ok(!proofs.isReserved(walletId, evidence.id(), reservation));
    });

    it("never counts less than may have been signed, whatever is reserved after it for the same request", async () => {
      const requestId = evidence.id();
      await reserveFor(requestId, terms, step("5"), step("7"));
      await reserveFor(requestId, "", step("1"));
      assert.deepEqual((await used()).daily, { native: "12" });
      await reserveFor(requestId, terms, step("6"));
      assert.deepEqual((await used()).daily, { native: "13" });
      assert.deepEqual((await used(requestId)).daily, {});
    });

    it("counts what may have been signed on other terms beside the new ones, and has policy asked again with it", async () => {
      const requestId = evidence.id();
      await reserveFor(requestId, terms, step("5"));
      assert.equal(await codeOf(reserveFor(requestId, others, step("5"))), Code.Aborted);
      assert.deepEqual((await used(requestId)).daily, { native: "5" });
      assert.ok((await reserveFor(requestId, others, step("5"))).reservation !== undefined);
      assert.deepEqual((await used()).daily, { native: "10" });
      assert.deepEqual((await used(requestId)).daily, { native: "5" });
    });

    it("counts only the new ones where the log says that what was signed was discarded", async () => {
      const requestId = await evidence.open("discarded");
      await reserveFor(requestId, terms, step("5"));
      await evidence.append(requestId, 1, { case: "signaturesDiscarded", value: { reason: "too old" } });
      await reserveFor(requestId, others, step("5"));
      assert.deepEqual((await used()).daily, { native: "5" });
      // What was discarded before they were signed says nothing of these.
      now += 1;
      await reserveFor(requestId, others, step("5"));
      assert.equal(await codeOf(reserveFor(requestId, terms, step("5"))), Code.Aborted);
    });
  });
});

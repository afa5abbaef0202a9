import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { countsDigest, UsageProofs } from "@outlayer/access";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { StepUsageSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { termsText } from "@outlayer/workflow";
import { type EventKind, type EvidenceUnderTest, leaseOf, startEvidence, usageSecret } from "./support/harness.ts";
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
    // Up to 528 attempts, of which a busy machine with a slow database makes few a second.
  }).timeout(90_000);

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
      const lease = await evidence.leaseFor(requestId);
      const request = { walletId, requestId, expectedSeq: seq, steps, lease, termsDigest };
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

    /** A workflow of one step that was prepared to be signed on terms that hold for a minute, and the digest of these. */
    const prepared = async (key: string, terms: Partial<typeof payloadTerms> = {}) => {
      const requestId = await evidence.open(key);
      const steps = [{ ...payloadTerms, deadlineMs: BigInt(now + 60_000), ...terms }];
      const version = await evidence.append(requestId, 1, { case: "signingPrepared", value: { steps } });
      await reserveFor(requestId, digestOf(steps), step("5"));
      return { requestId, version };
    };
    const payloadTerms = { nonce: "AAAA", deadlineMs: 0n, delegateNonce: 7n, maxBlockHeight: 180n };
    const digestOf = (steps: readonly (typeof payloadTerms)[]) => hash("sha256", termsText(steps), "hex");
    const release = async (requestId: string, ...steps: number[]) => {
      const lease = await evidence.leaseFor(requestId);
      return evidence.logs.releaseUsage({ walletId, requestId, steps, lease });
    };
    const counted = async () => (await used()).daily?.native ?? "0";
    const isPossible = async (call: Promise<unknown>) => {
      const error = await call.then(
        () => assert.fail("it was released"),
        (caught: unknown) => ConnectError.from(caught),
      );
      return (
        error.code === Code.FailedPrecondition && error.findDetails(ErrorInfoSchema)[0]?.reason === "STILL_POSSIBLE"
      );
    };

    it("cannot be made to forget a payload that can still execute, whatever the log says of the attempt", async () => {
      const { requestId, version } = await prepared("refused");
      assert.ok(await isPossible(release(requestId, 0)));
      const events: readonly EventKind[] = [
        { case: "signaturesDiscarded", value: { reason: "too old" } },
        { case: "stepResolved", value: { step: 0, receipt: { status: "failure" } } },
        { case: "intentClosed", value: { step: 0, reason: "timeout" } },
      ];
      for (const [at, event] of events.entries()) {
        await evidence.append(requestId, version + at, event);
        assert.ok(await isPossible(release(requestId, 0)), event.case);
      }
      assert.equal(await codeOf(reserveFor(requestId, others, step("5"))), Code.Unavailable, "nor by other terms");
      assert.equal(await counted(), "5");
    });

    it("counts what was discarded once and not for good, though this clock is behind that by which it is dead", async () => {
      const { requestId, version } = await prepared("behind");
      await evidence.append(requestId, version, { case: "signaturesDiscarded", value: { reason: "too old" } });
      assert.equal(await codeOf(reserveFor(requestId, others, step("5"))), Code.Unavailable);
      now += 60_001;
      await reserveFor(requestId, others, step("5"));
      assert.equal(await counted(), "5");
      assert.deepEqual((await used(requestId)).daily, {});
    });

    it("releases it once its deadline has passed", async () => {
      const { requestId } = await prepared("expired");
      now += 60_000;
      assert.ok(await isPossible(release(requestId, 0)));
      now += 1;
      await release(requestId, 0);
      assert.equal(await counted(), "0");
    });

    it("releases it where the log says that nothing was signed, or that its nonce was used up by a cancel", async () => {
      const events: readonly EventKind[] = [
        { case: "signaturesDiscarded", value: { reason: "refused", nothingSigned: true } },
        { case: "cancelResolved", value: { txHash: "c", steps: [0] } },
      ];
      for (const [at, event] of events.entries()) {
        const { requestId, version } = await prepared(`over ${at}`);
        await evidence.append(requestId, version, event);
        await release(requestId, 0);
        assert.equal(await counted(), "0", event.case);
      }
    });

    it("goes on counting what was executed, and what was counted on terms that the log does not have", async () => {
      const { requestId, version } = await prepared("executed");
      await evidence.append(requestId, version, {
        case: "stepResolved",
        value: { step: 0, receipt: { status: "success" } },
      });
      now += 61_000;
      await release(requestId, 0);
      assert.equal(await counted(), "5");
      const unknown = await evidence.open("unknown");
      await reserveFor(unknown, terms, step("3"));
      // Another deadline than that which was counted on.
      const steps = [{ ...payloadTerms, deadlineMs: 1n }];
      await evidence.append(unknown, 1, { case: "signingPrepared", value: { steps } });
      await release(unknown, 0);
      assert.equal(await counted(), "8");
    });

    it("holds a call without a payload possible from the gate's taking it in to its end there", async () => {
      const { requestId, version } = await prepared("plain", { nonce: "", deadlineMs: 0n });
      const accepted = { step: 0, txHash: "t", intentId: "1" };
      const next = await evidence.append(requestId, version, {
        case: "submissionsAccepted",
        value: { steps: [accepted] },
      });
      assert.ok(await isPossible(release(requestId, 0)));
      await evidence.append(requestId, next, { case: "intentClosed", value: { step: 0, reason: "timeout" } });
      await release(requestId, 0);
      assert.equal(await counted(), "0");
    });

    it("holds it possible no longer once the gate's taking it in is lost with its fork", async () => {
      const { requestId, version } = await prepared("withdrawn", { nonce: "", deadlineMs: 0n });
      const accepted = { step: 0, txHash: "t", intentId: "1" };
      const events: readonly EventKind[] = [
        { case: "submissionsAccepted", value: { steps: [accepted] } },
        { case: "idsWithdrawn", value: { steps: [1] } },
      ];
      for (const [at, event] of events.entries()) {
        await evidence.append(requestId, version + at, event);
        assert.ok(await isPossible(release(requestId, 0)), event.case);
      }
      await evidence.append(requestId, version + 2, { case: "idsWithdrawn", value: { steps: [0] } });
      await release(requestId, 0);
      assert.equal(await counted(), "0");
    });

    it("counts only the new ones where the log says that what was signed was discarded, and it is over", async () => {
      const { requestId, version } = await prepared("discarded");
      now += 61_000;
      assert.equal(await codeOf(reserveFor(requestId, others, step("5"))), Code.Aborted, "it was not discarded");
      const again = await prepared("discarded in time");
      await evidence.append(requestId, version, { case: "signaturesDiscarded", value: { reason: "too old" } });
      await evidence.append(again.requestId, again.version, {
        case: "signaturesDiscarded",
        value: { reason: "too old" },
      });
      now += 61_000;
      await reserveFor(again.requestId, others, step("5"));
      assert.equal(await counted(), "10");
      // What was discarded before they were signed says nothing of these.
      assert.equal(await codeOf(reserveFor(again.requestId, terms, step("5"))), Code.Aborted);
    });

    it("counts nothing for a user's call that its log never names: it was not signed", async () => {
      const requestId = await evidence.open("user's, unsigned", { endpoint: "direct_user_function_call", calls: [] });
      await reserveFor(requestId, terms, step("5"));
      await release(requestId, 0);
      assert.equal(await counted(), "0");
    });

    it("holds a user's call possible until the log says what became of its transaction", async () => {
      const call = { endpoint: "direct_user_function_call", calls: [] };
      const requestId = await evidence.open("user's", call);
      const transaction = { hash: "t", publicKey: "ed25519:k", nonce: 4n };
      const version = await evidence.append(requestId, 1, { case: "directUserCallPrepared", value: { transaction } });
      const digest = "526881019f163adefe4598228f62f19dd133a68546caf7d69968d888342dfe23";
      await reserveFor(requestId, digest, step("5"));
      assert.ok(await isPossible(release(requestId, 0)));
      await evidence.append(requestId, version, { case: "transactionDead", value: { txHash: "t" } });
      await release(requestId, 0);
      assert.equal(await counted(), "0");
    });
  });
});

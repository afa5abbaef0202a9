import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { countsDigest, UsageProofs } from "@outlayer/access";
import { ReservationSchema, UsageSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { ledgerSeq, proofs, startMs, stated } from "./support/evidence-word.ts";
import { failure, reasonOf, startProxy, type TestProxy } from "./support/proxy.ts";
import {
  deadlineMs,
  delegateTerms,
  intentsCall,
  intentsTerms,
  nonceUntil,
  requestId,
  transfer,
  walletId,
} from "./support/samples.ts";
import { paths } from "./support/scripted-keystore.ts";

const call = intentsCall([transfer("5")]);
const { currentBlockHeight, ...delegate } = delegateTerms;
const terms = { ...intentsTerms, ...delegate };
const checked = { walletId, requestId, calls: [call], terms: [terms] };
const other = "0192f3c0-7a1b-7c3d-8e4f-0123456789ff";

/** What somebody has who holds the broadcaster's identity, and evidence's honest word for one workflow. */
async function granted({ bare }: TestProxy) {
  const usageStatement = stated(walletId, requestId, {}, startMs);
  const { verdict } = await bare.checkPolicy({ ...checked, usageStatement });
  assert.equal(verdict.case, "allowed");
  const { grants, steps, termsDigest } = verdict.value;
  const reserved = { seq: ledgerSeq, countsDigest: countsDigest(steps), termsDigest };
  const reservation = create(ReservationSchema, proofs.reserve(walletId, requestId, reserved));
  const grant = grants[0] ?? "";
  return {
    steps,
    reserved,
    ask: { walletId, requestId, step: 0, call, grant, reservation, ...terms, currentBlockHeight },
  };
}

function signings({ keystore }: TestProxy): number {
  return keystore.received(paths.nep413).length + keystore.received(paths.delegate).length;
}

describe("whoever holds the broadcaster's identity", () => {
  const statements: [string, (nowMs: number) => object][] = [
    ["no word of evidence's", () => ({})],
    ["usage of its own", () => ({ usage: { hourlyTxCount: 0 } })],
    [
      "a statement with less in it",
      (nowMs) => ({ usageStatement: { ...statement(nowMs), usage: create(UsageSchema) } }),
    ],
    ["a statement of another entry", (nowMs) => ({ usageStatement: { ...statement(nowMs), seq: 8n } })],
    [
      "a statement made younger",
      (nowMs) => ({ usageStatement: { ...statement(nowMs - 70_000), issuedAtMs: BigInt(nowMs) } }),
    ],
    ["another wallet's", (nowMs) => ({ usageStatement: stated("wallet-2", requestId, {}, nowMs) })],
    ["one that leaves another request out", (nowMs) => ({ usageStatement: stated(walletId, other, {}, nowMs) })],
    [
      "a statement under another secret",
      (nowMs) => ({ usageStatement: forged.state({ walletId, requestId }, 7n, create(UsageSchema), nowMs) }),
    ],
    ["a statement that is over a minute old", (nowMs) => ({ usageStatement: statement(nowMs - 60_001) })],
    ["a statement from the future", (nowMs) => ({ usageStatement: statement(nowMs + 10_001) })],
  ];
  const forged = new UsageProofs("x".repeat(32));
  const statement = (nowMs: number) => stated(walletId, requestId, { daily: { native: "5" } }, nowMs);

  for (const [name, given] of statements) {
    it(`cannot have policy judge, or a simulation signed, with ${name}`, async () => {
      await using proxy = await startProxy();
      const asked = { ...checked, ...given(startMs) };
      const error = await failure(proxy.bare.checkPolicy(asked));
      assert.deepEqual([error.code, reasonOf(error)], [Code.PermissionDenied, "USAGE_INVALID"]);
      const simulated = {
        walletId,
        calls: [call],
        intentsNonces: [nonceUntil(startMs + 60_000)],
        deadlineMs: BigInt(startMs + 60_000),
      };
      const refused = await failure(proxy.bare.signSimulation({ ...simulated, ...given(startMs) }));
      assert.deepEqual([refused.code, reasonOf(refused)], [Code.PermissionDenied, "USAGE_INVALID"]);
      assert.deepEqual(proxy.keystore.received(paths.policy), []);
    });
  }

  it("gets no grant without terms, nor for terms that are too far away", async () => {
    await using proxy = await startProxy();
    const usageStatement = statement(startMs);
    const { verdict } = await proxy.bare.checkPolicy({ ...checked, terms: [], usageStatement });
    assert.deepEqual([verdict.case, verdict.case === "allowed" && verdict.value.grants], ["allowed", []]);
    const far = Number(startMs) + 3 * 86_400_000;
    const farTerms = { ...terms, intentsNonce: nonceUntil(far), intentsDeadlineMs: BigInt(far) };
    const error = await failure(proxy.bare.checkPolicy({ ...checked, terms: [farTerms], usageStatement }));
    assert.equal(error.code, Code.InvalidArgument);
    const many = await failure(proxy.bare.checkPolicy({ ...checked, terms: [terms, terms], usageStatement }));
    assert.equal(many.code, Code.InvalidArgument);
  });

  it("cannot have anything signed under a grant but the very same bytes, however often it asks", async () => {
    await using proxy = await startProxy();
    const { ask } = await granted(proxy);
    const first = await proxy.bare.signStep(ask);
    assert.deepEqual(await proxy.bare.signStep(ask), first);
    const signed = signings(proxy);
    const later = deadlineMs + 1000;
    const changes: [string, object][] = [
      [
        "verifier nonce",
        { intentsNonce: Uint8Array.from(terms.intentsNonce, (byte, at) => (at === 31 ? byte ^ 1 : byte)) },
      ],
      ["deadline", { intentsNonce: nonceUntil(later), intentsDeadlineMs: BigInt(later) }],
      ["delegate nonce", { delegateNonce: terms.delegateNonce + 1n }],
      ["height", { maxBlockHeight: terms.maxBlockHeight + 1n }],
    ];
    for (const [name, change] of changes) {
      const error = await failure(proxy.bare.signStep({ ...ask, ...change }));
      assert.deepEqual([error.code, reasonOf(error)], [Code.PermissionDenied, "GRANT_INVALID"], name);
    }
    assert.equal(signings(proxy), signed);
  });

  it("cannot have anything signed that evidence does not say it counts", async () => {
    await using proxy = await startProxy();
    const { ask, reserved } = await granted(proxy);
    const { reservation, ...unreserved } = ask;
    const made = (change: object, by = proofs, of = requestId, wallet = walletId) =>
      create(ReservationSchema, by.reserve(wallet, of, { ...reserved, ...change }));
    const tries: [string, object, string][] = [
      ["none", unreserved, "RESERVATION_INVALID"],
      ["one that was changed", { ...ask, reservation: { ...reservation, seq: 9n } }, "GRANT_INVALID"],
      ["one under another secret", { ...ask, reservation: made({}, forged) }, "RESERVATION_INVALID"],
      ["one of another request", { ...ask, reservation: made({}, proofs, other) }, "RESERVATION_INVALID"],
      [
        "one of another wallet",
        { ...ask, reservation: made({}, proofs, requestId, "wallet-2") },
        "RESERVATION_INVALID",
      ],
      ["one after another entry", { ...ask, reservation: made({ seq: 8n }) }, "GRANT_INVALID"],
      ["one of less", { ...ask, reservation: made({ countsDigest: countsDigest([]) }) }, "GRANT_INVALID"],
      ["one for other terms", { ...ask, reservation: made({ termsDigest: "0".repeat(64) }) }, "GRANT_INVALID"],
    ];
    for (const [name, request, reason] of tries) {
      const error = await failure(proxy.bare.signStep(request));
      assert.deepEqual([error.code, reasonOf(error)], [Code.PermissionDenied, reason], name);
    }
    assert.equal(signings(proxy), 0);
  });
});

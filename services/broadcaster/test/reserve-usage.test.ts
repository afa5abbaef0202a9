import assert from "node:assert/strict";
import type { EvidenceLog } from "../src/core/ports/evidence-log.ts";
import type { Verdict } from "../src/core/ports/signer.ts";
import { PolicyLine } from "../src/shell/policy/policy-line.ts";
import { judgeAndReserve } from "../src/shell/policy/reserve-usage.ts";

const allowed: Verdict = { kind: "allowed", grants: [], steps: [], termsDigest: "" };

/** A wallet's ledger in memory, timers that go off when told, and requests that ask a policy. */
function wallet() {
  const timers = new Set<() => void>();
  const counted: string[] = [];
  const asked: string[] = [];
  const evidence = {
    readUsage: async () => ({ seq: BigInt(counted.length), statement: {} }),
    async reserveUsage({ requestId, expectedSeq }: { requestId: string; expectedSeq: bigint }) {
      if (Number(expectedSeq) !== counted.length) return undefined;
      counted.push(requestId);
      return { reservation: undefined };
    },
  } as unknown as EvidenceLog;
  const policyLine = new PolicyLine({
    after(_ms, run) {
      timers.add(run);
      return () => timers.delete(run);
    },
  });
  const request = (requestId: string, isNew: boolean, answer = async () => allowed, walletId = "w") =>
    judgeAndReserve({ evidence, policyLine }, { walletId, requestId, isNew }, () => {
      asked.push(requestId);
      return answer();
    });
  const expire = () => {
    for (const run of [...timers]) run();
  };
  return { request, expire, counted, asked, policyLine, timers };
}

const soon = () => new Promise(setImmediate);
const never = () => new Promise<Verdict>(() => {});

describe("requests that a wallet's policy is asked about", () => {
  it("ask once each where many are new at once", async () => {
    const { request, counted, asked, timers } = wallet();
    const ids = Array.from({ length: 20 }, (_, index) => `r${index}`);
    await Promise.all(ids.map((id) => request(id, true)));
    assert.deepEqual(counted, ids);
    assert.deepEqual(asked, ids);
    await soon();
    assert.equal(timers.size, 0);
  });

  it("do not wait for new ones where their own turn on the gate has come", async () => {
    const { request, counted } = wallet();
    void request("hung", true, never);
    void request("new", true);
    await request("due", false);
    assert.deepEqual(counted, ["due"]);
  });

  it("ask again where the ledger has moved, until they are counted on what policy has seen", async () => {
    const { request, counted, asked } = wallet();
    const answers = Promise.withResolvers<Verdict>();
    const slow = request("slow", false, () => (asked.length === 1 ? answers.promise : Promise.resolve(allowed)));
    await soon();
    await request("fast", true);
    answers.resolve(allowed);
    await slow;
    assert.deepEqual(
      [asked, counted],
      [
        ["slow", "fast", "slow"],
        ["fast", "slow"],
      ],
    );
  });

  it("are held up by one without an answer for a second at most", async () => {
    const { request, expire, counted } = wallet();
    void request("hung", true, never);
    const next = request("next", true);
    await soon();
    assert.deepEqual(counted, []);
    expire();
    await next;
    assert.deepEqual(counted, ["next"]);
  });

  it("ask sixteen at once where they are new, whatever their wallets, and do not hold up one whose turn has come", async () => {
    const { request, counted, asked } = wallet();
    for (let index = 0; index < 40; index += 1) void request(`new ${index}`, true, never, `wallet ${index}`);
    await soon();
    assert.equal(asked.length, 16);
    await request("due", false, undefined, "wallet 39");
    assert.deepEqual(counted, ["due"]);
  });

  it("go before new ones where they have asked in vain", async () => {
    const { request, counted, asked } = wallet();
    const answers = Array.from({ length: 17 }, () => Promise.withResolvers<Verdict>());
    const isAnswered = (index: number) => () => answers[index]?.promise ?? never();
    const due = request("due", false, () => (asked.includes("other") ? Promise.resolve(allowed) : isAnswered(0)()));
    await soon();
    for (let index = 1; index <= 16; index += 1)
      void request(`new ${index}`, true, isAnswered(index), `wallet ${index}`);
    void request("last", true, never, "wallet 17");
    await request("other", false, undefined, "wallet 18");
    answers[0]?.resolve(allowed);
    await soon();
    assert.deepEqual(counted, ["other"]);
    answers[1]?.resolve({ kind: "denied", reason: "no" } as unknown as Verdict);
    await due;
    await soon();
    assert.deepEqual(asked.slice(-2), ["due", "last"]);
    assert.deepEqual(counted, ["other", "due"]);
  });

  it("fail alone, and ask no more when the term ends", async () => {
    const { request, counted, asked, policyLine } = wallet();
    const failed = assert.rejects(
      request("failed", true, () => Promise.reject(new Error("away"))),
      /away/,
    );
    await request("next", true);
    await failed;
    assert.deepEqual(counted, ["next"]);
    void request("a", true, never);
    const waiting = ["b", "c"].map((id) => assert.rejects(request(id, true), { name: "AbortError" }));
    await soon();
    assert.deepEqual(asked.slice(2), ["a"]);
    policyLine.endTerm();
    await Promise.all(waiting);
    assert.deepEqual(asked.slice(2), ["a"]);
  });
});

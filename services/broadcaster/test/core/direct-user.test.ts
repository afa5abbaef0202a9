import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { DirectUserScopeSchema } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { groundOnSharedKey, type LandingFacts } from "../../src/core/chain/landing.ts";
import { readTransactionStatus } from "../../src/core/chain/transaction-status.ts";
import { type CallResult, readCall } from "../../src/core/direct-user/call-view.ts";
import { type DirectUserView, type DirectUserWorld, nextDirectUser } from "../../src/core/direct-user/next.ts";
import { liveAttempt } from "../../src/core/direct-user/state.ts";
import { judgeKey } from "../../src/core/direct-user/user-key.ts";
import { isAmbiguous } from "../../src/core/direct-user/verdict.ts";
import type { KeyPermission } from "../../src/core/gate/access-key.ts";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { waitingEvent } from "../../src/shell/log/waiting.ts";
import { allowed, dead, directUserState, prepared, scope, taken } from "./direct-user-builder.ts";
import { panics, transactionStatus, value } from "./transaction-builder.ts";

type ResolvedInit = Extract<MessageInitShape<typeof EventSchema>["kind"], { case: "directUserCallResolved" }>["value"];
const resolved = (more: ResolvedInit = {}): EventInit => ({
  case: "directUserCallResolved",
  value: { txHash: "t1", signerId: scope.userId, blockHeight: 1000n, status: "success", ...more },
});
const measured: EventInit = { case: "directUserCallMeasured", value: { countAfter: "5" } };
const sent = [taken, allowed, prepared("t1")];

interface WorldInit extends Partial<DirectUserView> {
  readonly head?: number;
  readonly nowMs?: number;
  readonly final?: readonly string[];
}
const world = ({ head = 1005, nowMs = 1_000, final = [], ...view }: WorldInit = {}): DirectUserWorld => ({
  head,
  nowMs,
  blockMs: 600,
  block: (hash) => ({ height: 1000, state: final.includes(hash) ? "final" : "head" }),
  view: {
    calls: new Map(),
    lookedAt: new Map(),
    sentAt: new Map(),
    provenAt: new Map(),
    forgotten: new Set(),
    ...view,
  },
  settings: { pollTimeoutMs: 60_000 },
});
const act = (events: readonly EventInit[], init: WorldInit = {}) =>
  nextDirectUser(directUserState(events), world(init));

const ran = (kind: "success" | "failure", error = ""): CallResult => ({
  kind,
  receiptId: "r1",
  blockHash: "b1",
  blocks: ["b0", "b1"],
  logs: ["Increased number to 5"],
  error,
});
const seen = (result: CallResult) => ({
  calls: new Map([["t1", { signerId: scope.userId, result, tokensBurnt: 9n }]]),
  lookedAt: new Map([["t1", 1005]]),
});
const unknown = { calls: new Map([["t1", undefined]]), lookedAt: new Map([["t1", 1005]]) };
const sentAt = (first: number, last = first) => ({ sentAt: new Map([["t1", { first, last }]]) });

describe("direct user: what the driver does next", () => {
  it("policy, the call, a look, the count, the end, in this order", () => {
    assert.equal(act([taken]).kind, "check_policy");
    assert.equal(act([taken, allowed]).kind, "call");
    assert.equal(act(sent).kind, "look");
    assert.equal(act([...sent, resolved()]).kind, "measure");
    const end = act([...sent, resolved(), measured]);
    assert.deepEqual(end, { kind: "append", event: { case: "ended", value: { status: "succeeded" } } });
    const ended: EventInit = { case: "ended", value: { status: "succeeded" } };
    assert.equal(act([...sent, resolved(), measured, ended]).kind, "stop");
  });

  it("does not tell for ever that reasons for waiting flap (rule: standstill-is-written-rarely)", () => {
    const events: EventInit[] = [taken, allowed];
    const config = { queueTimeoutMs: 86_400_000 } as never;
    for (let half = 0; half < 200; half += 1) {
      const waitingFor = half % 2 === 0 ? "rpc_unavailable" : "keystore_unavailable";
      const wait = { waitingFor, position: 0, expectedStart: undefined, head: 0 } as const;
      const needs = { ports: { clock: { now: () => 1_000 } }, config, blockMs: 600, admittedAtMs: 0 };
      const event = waitingEvent(directUserState(events), wait, needs);
      if (event !== undefined) events.push(event);
    }
    assert.equal(events.length, 4);
  });

  it("says what became of it only once every block that it rests on is final", () => {
    assert.equal(act(sent, { ...seen(ran("success")), final: ["b1"] }).kind, "wait");
    assert.deepEqual(act(sent, { ...seen(ran("success")), final: ["b0", "b1"] }), {
      kind: "append",
      event: {
        case: "directUserCallResolved",
        value: {
          txHash: "t1",
          signerId: "mike.near",
          receiptId: "r1",
          blockHeight: 1000n,
          status: "success",
          logs: ["Increased number to 5"],
          gasBurntYocto: "9",
        },
      },
    });
  });

  const pursuits: readonly [name: string, init: WorldInit, kind: string][] = [
    ["looks two heads after it was sent, not before", { ...sentAt(1004) }, "wait"],
    ["looks at every head from then on", { ...sentAt(1003) }, "look"],
    ["does not send again what is only slow", { ...unknown, ...sentAt(1003) }, "wait"],
    ["sends again what no node knows", { ...unknown, ...sentAt(1000, 1002) }, "resend"],
    ["asks after ten heads whether it can land at all", { ...unknown, ...sentAt(995, 1003) }, "prove_dead"],
    [
      "asks that first where every send fails, so that a resend is always due",
      { ...unknown, ...sentAt(900, 950) },
      "prove_dead",
    ],
    ["does not ask again at once", { ...unknown, ...sentAt(900, 1003), provenAt: new Map([["t1", 1000]]) }, "wait"],
    ["waits for what has no result yet", seen({ kind: "pending" }), "wait"],
  ];
  for (const [name, init, kind] of pursuits) it(name, () => assert.equal(act(sent, init).kind, kind));

  it("says once that it does not know, and never that it failed", () => {
    const late = { ...unknown, ...sentAt(1003), nowMs: 61_001 };
    const said: EventInit = { case: "outcomeUnknown", value: { txHashes: ["t1"] } };
    assert.deepEqual(act(sent, late), { kind: "append", event: said });
    assert.equal(act([...sent, said], late).kind, "wait");
  });

  it("signs anew only what is proven dead (rule: signed-anew-only-when-dead)", () => {
    assert.equal(act([...sent, dead("t1")]).kind, "call");
    assert.equal(act([...sent, dead("another")]).kind, "look");
    const again = directUserState([...sent, dead("t1"), prepared("t2")]);
    assert.deepEqual([again.attempts.length, liveAttempt(again)?.transaction.hash], [2, "t2"]);
  });

  const ends: readonly [name: string, resolved: ResolvedInit, code: string, text: string][] = [
    [
      "a failed receipt",
      { status: "failure", error: "Smart contract panicked: no" },
      "dispatch_failed",
      "the call failed on chain: Smart contract panicked: no",
    ],
    [
      "a success of another signer",
      { signerId: "eve.near" },
      "dispatch_failed",
      "the transaction was signed by eve.near, not by mike.near",
    ],
  ];
  for (const [name, how, errorCode, userVisibleError] of ends) {
    it(`fails for ${name}`, () => {
      const value = { status: "failed", errorCode, userVisibleError };
      const action = act([...sent, resolved(how), measured]);
      assert.deepEqual(action, { kind: "append", event: { case: "ended", value } });
    });
  }

  it("takes only logs of its lane", () => {
    assert.throws(() => directUserState([{ case: "admitted", value: {} }]), /admitted is not of the direct-user lane/);
  });
});

describe("direct user: the key", () => {
  const fits = {
    kind: "function_call",
    receiverId: "count.mike.near",
    methodNames: ["increase"],
    allowanceYocto: 100n,
  } as const satisfies KeyPermission;
  const judged: readonly [permission: KeyPermission | undefined, reason: string | undefined][] = [
    [fits, undefined],
    [{ ...fits, methodNames: ["increase", "increase"] }, undefined],
    [{ ...fits, allowanceYocto: 99n }, "exhausted"],
    [{ ...fits, allowanceYocto: 0n }, "exhausted"],
    [{ ...fits, allowanceYocto: undefined }, "unlimited_allowance"],
    [{ ...fits, methodNames: [] }, "other_methods"],
    [{ ...fits, methodNames: ["decrease", "increase"] }, "other_methods"],
    [{ ...fits, receiverId: "mike.near", methodNames: [] }, "other_receiver"],
    [{ kind: "full_access" }, "full_access"],
    [undefined, "absent"],
  ];
  for (const [permission, reason] of judged) {
    const shown = JSON.stringify(permission, (_, one) => (typeof one === "bigint" ? `${one}` : one)) ?? "no key";
    it(`${shown}: ${reason ?? "installed"}`, () => {
      assert.equal(judgeKey(create(DirectUserScopeSchema, scope), permission, 100n)?.reason, reason);
    });
  }
});

describe("direct user: the counts", () => {
  const rows: readonly [before: bigint, after: bigint | undefined, succeeded: boolean, ambiguous: boolean][] = [
    [4n, 5n, true, false],
    [4n, 6n, true, true],
    [4n, 4n, true, true],
    [4n, undefined, true, true],
    [4n, 4n, false, false],
    [4n, 5n, false, true],
  ];
  for (const [before, after, succeeded, ambiguous] of rows) {
    it(`${before} and ${after} around a ${succeeded ? "success" : "failure"}: ${ambiguous ? "ambiguous" : "clear"}`, () => {
      assert.equal(isAmbiguous(before, after, succeeded), ambiguous);
    });
  }
});

describe("direct user: what a node says of the transaction", () => {
  const read = (receipts: Parameters<typeof transactionStatus>[0], converted?: unknown) => {
    const status = readTransactionStatus(transactionStatus(receipts, converted));
    return status === undefined ? undefined : readCall(status);
  };

  it("the call's own receipt decides", () => {
    const view = read([
      { id: "r0", logs: ["counted"], children: ["refund"] },
      { id: "refund", status: panics("x") },
    ]);
    const result = { kind: "success", receiptId: "r0", blockHash: "b-r0", blocks: ["b0", "b-r0"], logs: ["counted"] };
    assert.deepEqual(view?.result, { ...result, error: "" });
    assert.equal(view?.signerId, "relayer.near");
  });

  it("a promise's final result where it answers with one, in the block of the first receipt", () => {
    const promise = { id: "r0", status: { SuccessReceiptId: "r1" } };
    assert.equal(read([promise])?.result.kind, "pending");
    const failed = read([promise, { id: "r1", status: panics("Smart contract panicked: no") }])?.result;
    assert.deepEqual(failed, {
      kind: "failure",
      receiptId: "r0",
      blockHash: "b-r0",
      blocks: ["b0", "b-r0", "b-r1"],
      logs: [],
      error: "Smart contract panicked: no",
    });
    assert.equal(read([promise, { id: "r1", status: value }])?.result.kind, "success");
  });

  it("a receipt that has not run, and one that answers with itself, are pending", () => {
    assert.equal(read([{ id: "r0", waits: true }])?.result.kind, "pending");
    assert.equal(read([{ id: "r0", status: { SuccessReceiptId: "r0" } }])?.result.kind, "pending");
  });

  it("a transaction that was invalid in a block has not landed: its bytes still can (rule: invalid-is-not-final)", () => {
    assert.equal(read([], { Failure: { InvalidTxError: "Expired" } }), undefined);
  });
});

describe("when a transaction on a key of the user's cannot land (rule: shared-key-is-searched-in-chunks)", () => {
  const facts: LandingFacts = {
    nonce: 7n,
    blockHeight: 1000,
    validityBlocks: 100,
    finalHeight: 1010,
    keyNonce: 6n,
    block: { height: 1000, state: "final" },
  };
  const rows: readonly [name: string, change: Partial<LandingFacts>, ground: string | undefined][] = [
    ["it still can", {}, undefined],
    ["a nonce equal to its own, which anybody with the key may have taken", { keyNonce: 7n }, "nonce_passed"],
    ["a nonce above", { keyNonce: 8n }, "nonce_passed"],
    ["no key", { keyNonce: undefined }, "key_gone"],
    ["the last block of its validity", { finalHeight: 1100 }, undefined],
    ["one more", { finalHeight: 1101 }, "expired"],
    ["a block on a fork that lost", { block: { height: 1000, state: "forked" } }, "forked_away"],
    ["a block whose place is not known", { block: undefined }, undefined],
  ];
  for (const [name, change, ground] of rows) {
    it(`${name}: ${ground ?? "no ground"}`, () => assert.equal(groundOnSharedKey({ ...facts, ...change }), ground));
  }
});

import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { type Event, EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { DirectUserScopeSchema } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { counterScope } from "@outlayer/workflow";
import { groundOnSharedKey } from "../../src/core/chain/landing.ts";
import type { CallView } from "../../src/core/direct-user/call-view.ts";
import { type DirectUserWorld, nextDirectUser } from "../../src/core/direct-user/next.ts";
import { foldDirectUser } from "../../src/core/direct-user/state.ts";
import { judgeKey } from "../../src/core/direct-user/user-key.ts";
import { isAmbiguous } from "../../src/core/direct-user/verdict.ts";
import type { EventInit } from "../../src/core/workflow/action.ts";

const requestId = "0192f3c0-7a1b-7c3d-8e4f-0123456789ab";
const hash = "9fK2vX1sTq6mB4nD8cZ7yR3wHj5LgPe2aUxWkFtMoNQi";
const scope = create(DirectUserScopeSchema, { ...counterScope, methodNames: [...counterScope.methodNames] });

const opened: EventInit = {
  case: "opened",
  value: {
    endpoint: "direct_user_function_call",
    walletId: "wallet-1",
    directUserCall: { scope, methodName: "increase", gas: "30000000000000" },
  },
};
const allowed: EventInit = { case: "policyAllowed", value: { accountId: "a.near" } };
const prepared: EventInit = {
  case: "directUserCallPrepared",
  value: { transaction: { hash, signerId: "mike.near", nonce: 7n }, countBefore: "4" },
};
const resolved = (status: "success" | "failure", signerId = "mike.near"): EventInit => ({
  case: "directUserCallResolved",
  value: { txHash: hash, signerId, status, error: "it panicked" },
});
const measured: EventInit = { case: "directUserCallMeasured", value: { countAfter: "5" } };

const event = (kind: EventInit): Event => create(EventSchema, { kind });
const fold = (...kinds: EventInit[]) =>
  foldDirectUser(
    requestId,
    [opened, ...kinds].map((kind, index) => ({ version: index + 1, atMs: 1000, event: event(kind) })),
  );

interface Seen {
  readonly call?: CallView | undefined;
  readonly isLookedFor?: boolean;
  readonly head?: number;
  readonly nowMs?: number;
  readonly state?: "final" | "head" | "forked";
  readonly sent?: number;
  readonly proven?: number;
}

const world = (seen: Seen = {}): DirectUserWorld => {
  const { call, isLookedFor = call !== undefined, head = 100, nowMs = 1000, state = "final" } = seen;
  return {
    nowMs,
    head,
    block: () => ({ height: 90, state }),
    settings: { pollTimeoutMs: 60_000 },
    view: {
      calls: new Map(isLookedFor ? [[hash, call]] : []),
      lookedAt: new Map(isLookedFor ? [[hash, head]] : []),
      sentAt: new Map(seen.sent === undefined ? [] : [[hash, { first: seen.sent, last: seen.sent }]]),
      provenAt: new Map(seen.proven === undefined ? [] : [[hash, seen.proven]]),
    },
  };
};

const success: CallView = {
  signerId: "mike.near",
  result: { kind: "success", receiptId: "r", blockHash: "b", blocks: ["a", "b"], logs: [], error: "" },
  tokensBurnt: 5n,
};

describe("what is next for a direct-user call", () => {
  it("goes from policy to the call, and waits for nothing else", () => {
    assert.equal(nextDirectUser(fold(), world()).kind, "check_policy");
    assert.equal(nextDirectUser(fold(allowed), world()).kind, "call");
    assert.equal(nextDirectUser(fold(allowed, prepared), world()).kind, "look");
  });

  it("takes a result for known only once every block that it rests on is final", () => {
    const state = fold(allowed, prepared);
    assert.equal(nextDirectUser(state, world({ call: success, state: "head" })).kind, "wait");
    const action = nextDirectUser(state, world({ call: success }));
    assert.ok(action.kind === "append" && action.event.case === "directUserCallResolved");
    assert.equal(action.event.value.status, "success");
  });

  it("sends the same bytes again, then looks for a proof, and says what is not known", () => {
    const state = fold(allowed, prepared);
    const missing = { call: undefined, isLookedFor: true };
    assert.equal(nextDirectUser(state, world({ ...missing, sent: 99 })).kind, "wait");
    assert.equal(nextDirectUser(state, world({ ...missing, sent: 97 })).kind, "resend");
    const proving = world({ ...missing, sent: 99, proven: 90 });
    assert.equal(nextDirectUser(state, proving).kind, "prove_dead");
    const late = nextDirectUser(state, world({ ...missing, sent: 99, proven: 99, nowMs: 62_000 }));
    assert.ok(late.kind === "append" && late.event.case === "outcomeUnknown");
    const unknown: EventInit = { case: "outcomeUnknown", value: { txHashes: [hash] } };
    assert.equal(
      nextDirectUser(fold(allowed, prepared, unknown), world({ ...missing, sent: 99, proven: 99, nowMs: 62_000 })).kind,
      "wait",
    );
  });

  it("decision 1: signs anew only when the old one is dead", () => {
    const dead: EventInit = { case: "transactionDead", value: { txHash: hash, ground: "nonce_passed" } };
    assert.equal(nextDirectUser(fold(allowed, prepared, dead), world()).kind, "call");
  });

  it("measures, and ends by what the receipt says and who signed", () => {
    assert.equal(nextDirectUser(fold(allowed, prepared, resolved("success")), world()).kind, "measure");
    const ends: readonly [EventInit, string, string | undefined][] = [
      [resolved("success"), "succeeded", undefined],
      [resolved("failure"), "failed", "the call failed on chain: it panicked"],
      [resolved("success", "other.near"), "failed", "the transaction was signed by other.near, not by mike.near"],
    ];
    for (const [fate, status, text] of ends) {
      const action = nextDirectUser(fold(allowed, prepared, fate, measured), world());
      assert.ok(action.kind === "append" && action.event.case === "ended");
      assert.deepEqual([action.event.value.status, action.event.value.userVisibleError], [status, text]);
    }
    assert.equal(nextDirectUser(fold({ case: "ended", value: { status: "policy_denied" } }), world()).kind, "stop");
  });

  it("calls counts ambiguous that say something else than the receipt", () => {
    assert.deepEqual(
      [
        isAmbiguous(4n, 5n, true),
        isAmbiguous(4n, 6n, true),
        isAmbiguous(4n, 4n, true),
        isAmbiguous(4n, undefined, true),
      ],
      [false, true, true, true],
    );
    assert.deepEqual([isAmbiguous(4n, 4n, false), isAmbiguous(4n, 5n, false)], [false, true]);
  });

  it("refuses a log that is of another lane", () => {
    assert.throws(() => foldDirectUser(requestId, []), RangeError);
    assert.throws(() => fold({ case: "admitted", value: {} }), RangeError);
  });
});

describe("whether a user's key counts as installed", () => {
  const permission = {
    kind: "function_call",
    receiverId: "count.mike.near",
    methodNames: ["increase"],
    allowanceYocto: 100n,
  } as const;

  it("does for exactly the scope, with an allowance that just pays for a call", () => {
    assert.equal(judgeKey(scope, permission, 100n), undefined);
    assert.equal(judgeKey(scope, permission, 101n)?.reason, "exhausted");
  });
});

describe("decision 2: a transaction on a key that others may hold", () => {
  it("is passed by a nonce that equals its own: the chunks say then whether it was ours", () => {
    const facts = { nonce: 7n, blockHeight: 1, validityBlocks: 100, finalHeight: 50, block: undefined };
    assert.equal(groundOnSharedKey({ ...facts, keyNonce: 7n }), "nonce_passed");
    assert.equal(groundOnSharedKey({ ...facts, keyNonce: 6n }), undefined);
    assert.equal(groundOnSharedKey({ ...facts, keyNonce: undefined }), "key_gone");
  });
});

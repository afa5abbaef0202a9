import assert from "node:assert/strict";
import { clone, create } from "@bufbuild/protobuf";
import { type GateCall, GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { ApprovalSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import fc from "fast-check";
import { hmacGrantMac } from "../src/adapters/grant-mac/hmac.ts";
import { callDigest, GrantError, type GrantScope, issueGrant, verifyGrant } from "../src/core/grant.ts";
import {
  delegateTerms,
  intentsCall,
  intentsTerms,
  plainCall,
  requestId,
  transfer,
  walletId,
} from "./support/samples.ts";

const secret = "0123456789abcdef0123456789abcdef";
const mac = hmacGrantMac(secret);
const text = fc.string({ unit: "grapheme", maxLength: 20 });

const call: fc.Arbitrary<GateCall> = fc
  .oneof(
    fc.uint8Array({ maxLength: 40 }).map((value) => plainCall({ payload: { case: "args", value } })),
    fc
      .record({
        intents: text,
        counterparty: fc.array(text, { maxLength: 3 }),
        notAfter: fc.option(fc.bigInt({ min: 0n, max: 2n ** 53n })),
      })
      .map(({ intents, counterparty, notAfter }) =>
        intentsCall(intents, { counterparty, ...(notAfter === null ? {} : { notAfterMs: notAfter }) }),
      ),
  )
  .chain((base) =>
    fc
      .record({ receiverId: text, methodName: text, gas: fc.nat().map(String), deposit: fc.nat().map(String) })
      .map((fields) => {
        return Object.assign(clone(GateCallSchema, base), fields);
      }),
  );

type GateScope = GrantScope & { readonly call: GateCall };

const terms = fc.record({
  intentsNonce: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  intentsDeadlineMs: fc.bigInt({ min: 0n, max: 2n ** 53n }),
  delegateNonce: fc.bigInt({ min: 1n, max: 2n ** 53n }),
  maxBlockHeight: fc.bigInt({ min: 1n, max: 2n ** 53n }),
});
const reserved = fc.record({ seq: fc.bigInt({ min: 0n, max: 2n ** 53n }), countsDigest: text, termsDigest: text });
const scope: fc.Arbitrary<GateScope> = fc.record({
  walletId: text,
  requestId: text,
  step: fc.nat(11),
  call,
  terms,
  reserved,
});

function problemOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GrantError) return error.problem;
    throw error;
  }
  return "none";
}

const expiresAtMs = 60_000;

const approvedBy = (...approverIds: string[]) =>
  create(ApprovalSchema, { requestId: "approved", approverIds, requestHash: "ab" });

describe("a grant (rule: no-signature-without-a-grant)", () => {
  const own = { ...delegateTerms, ...intentsTerms };
  const counted = { seq: 7n, countsDigest: "aa", termsDigest: "bb" };
  const of = { walletId, requestId, step: 1, terms: own, reserved: counted };
  const given: GateScope = { ...of, call: intentsCall([transfer("5")]) };
  const grant = issueGrant(mac, given, expiresAtMs);

  it("holds for the approval it was given with, and for no other (rule: approval-is-for-one-request)", () => {
    const approval = approvedBy("mike", "anna");
    const approved = issueGrant(mac, { ...given, approval }, expiresAtMs);
    const problem = (text: string, scope: GrantScope) => problemOf(() => verifyGrant(mac, text, scope, 0));
    assert.equal(problem(approved, { ...given, approval: clone(ApprovalSchema, approval) }), "none");
    const others = [
      undefined,
      approvedBy("mike"),
      approvedBy("anna", "mike", "mallory"),
      { ...approval, requestId: "other" },
      { ...approval, requestHash: "cd" },
    ];
    for (const other of others) assert.equal(problem(approved, { ...given, approval: other }), "other_content");
    assert.equal(problem(grant, { ...given, approval }), "other_content");
  });

  it("holds for what it was given for, at any replica with the same secret, until it expires", () => {
    fc.assert(
      fc.property(scope, fc.nat(10 ** 6), (one, expiry) => {
        const text = issueGrant(mac, one, expiry + 1);
        const copy = { ...one, call: clone(GateCallSchema, one.call) };
        assert.equal(
          problemOf(() => verifyGrant(hmacGrantMac(secret), text, copy, expiry)),
          "none",
        );
        assert.equal(
          problemOf(() => verifyGrant(mac, text, copy, expiry + 1)),
          "expired",
        );
      }),
    );
  });

  it("holds for no other wallet, workflow, step or call", () => {
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        for (const part of ["walletId", "requestId", "step", "call"] as const) {
          const changed = { ...one, [part]: other[part] };
          const same = part === "call" ? callDigest(one.call) === callDigest(other.call) : one[part] === other[part];
          const expected = same ? "none" : "other_content";
          assert.equal(
            problemOf(() => verifyGrant(mac, issueGrant(mac, one, 9), changed, 0)),
            expected,
          );
        }
      }),
    );
  });

  it("holds for no other nonce, deadline or height than it was given for, nor for anything else that is counted", () => {
    const refuses = (changed: GateScope) =>
      assert.equal(
        problemOf(() => verifyGrant(mac, grant, changed, 0)),
        "other_content",
      );
    refuses({ ...given, terms: { ...own, intentsNonce: own.intentsNonce.map((byte) => byte ^ 1) } });
    refuses({ ...given, terms: { ...own, intentsDeadlineMs: own.intentsDeadlineMs + 1000n } });
    refuses({ ...given, terms: { ...own, delegateNonce: own.delegateNonce + 1n } });
    refuses({ ...given, terms: { ...own, maxBlockHeight: own.maxBlockHeight + 1n } });
    refuses({ ...given, reserved: { ...counted, seq: 8n } });
    refuses({ ...given, reserved: { ...counted, countsDigest: "cc" } });
    refuses({ ...given, reserved: { ...counted, termsDigest: "cc" } });
  });

  const changes: readonly [string, (call: GateCall) => void][] = [
    [
      "receiver",
      (changed) => {
        changed.receiverId = "evil.near";
      },
    ],
    [
      "method",
      (changed) => {
        changed.methodName = "execute_intent";
      },
    ],
    [
      "gas",
      (changed) => {
        changed.gas = "100000000000001";
      },
    ],
    [
      "deposit",
      (changed) => {
        changed.deposit = "1";
      },
    ],
    [
      "payload's kind",
      (changed) => {
        changed.payload = { case: "args", value: new Uint8Array() };
      },
    ],
    [
      "intents",
      (changed) => {
        if (changed.payload.case === "intents") changed.payload.value.intentsJson += " ";
      },
    ],
    [
      "counterparties",
      (changed) => {
        if (changed.payload.case === "intents") changed.payload.value.counterpartySignedJson.push("{}");
      },
    ],
    [
      "latest deadline",
      (changed) => {
        if (changed.payload.case === "intents") changed.payload.value.notAfterMs = 0n;
      },
    ],
  ];
  for (const [name, change] of changes) {
    it(`does not hold when the call's ${name} changes`, () => {
      const changed = clone(GateCallSchema, given.call);
      change(changed);
      assert.equal(
        problemOf(() => verifyGrant(mac, grant, { ...given, call: changed }, 0)),
        "other_content",
      );
    });
  }

  it("tells apart counterparties that only join to the same text", () => {
    const digest = (counterparty: string[]) => callDigest(intentsCall([], { counterparty }));
    assert.notEqual(digest(["a", "b"]), digest(["a,b"]));
    assert.notEqual(digest(["a", "b"]), digest(["b", "a"]));
    assert.notEqual(digest([]), digest([""]));
  });

  it("does not hold under another secret", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 32 }), (other) => {
        fc.pre(other !== secret);
        assert.equal(
          problemOf(() => verifyGrant(hmacGrantMac(other), grant, given, 0)),
          "other_content",
        );
      }),
    );
  });

  it("does not hold with a later expiry written into it", () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), (expiry) => {
        fc.pre(expiry !== expiresAtMs);
        const moved = grant.replace(`.${expiresAtMs}.`, `.${expiry}.`);
        assert.equal(
          problemOf(() => verifyGrant(mac, moved, given, 0)),
          "other_content",
        );
      }),
    );
  });

  it("does not hold with any character of it changed, left out or added", () => {
    fc.assert(
      fc.property(fc.nat(grant.length - 1), fc.string({ maxLength: 2 }), (at, instead) => {
        const changed = grant.slice(0, at) + instead + grant.slice(at + 1);
        fc.pre(changed !== grant);
        assert.notEqual(
          problemOf(() => verifyGrant(mac, changed, given, 0)),
          "none",
        );
      }),
    );
  });

  it("is malformed when it is something else altogether", () => {
    for (const text of [
      "",
      "g2",
      "g2.60000.",
      "g3.60000.00",
      `g1.60000.${"0".repeat(64)}`,
      `g2.060000.${"0".repeat(64)}`,
      `${grant} `,
      `${grant}\n`,
    ]) {
      assert.equal(
        problemOf(() => verifyGrant(mac, text, given, 0)),
        "malformed",
      );
    }
  });
});

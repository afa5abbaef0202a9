import assert from "node:assert/strict";
import { decodeHex, formatPublicKey } from "@outlayer/near";
import { planOf, walletAccount } from "./support/planning.ts";

const other = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";
const implicit = "ab".repeat(32);
const own = formatPublicKey(decodeHex(implicit));
const add = { kind: "intents.add_public_key", public_key: other };
const remove = { kind: "intents.remove_public_key", public_key: other };
const facts = { accountId: implicit, feeTiers: [{ cap: 3 }] };

const problemOf = (step: object, given: object = facts) =>
  planOf([step], { facts: given as typeof facts }).plan.setupRequirements[0]?.requirement;
const intentsOf = (step: object) => {
  const payload = planOf([step], { facts }).calls[0]?.payload;
  return payload?.case === "intents" ? JSON.parse(String(payload.value.intentsJson)) : undefined;
};

describe("a step that changes a key", () => {
  it("is one intent of the verifier", () => {
    assert.deepEqual(intentsOf(add), [{ intent: "add_public_key", public_key: other }]);
    assert.deepEqual(intentsOf(remove), [{ intent: "remove_public_key", public_key: other }]);
    const { plan } = planOf([add], { facts });
    assert.deepEqual([plan.steps[0]?.lane, plan.steps[0]?.methodName], ["gate_proxy", "execute_intents"]);
  });

  const refused: readonly [step: object, text: string][] = [
    [{ ...add, public_key: "ed25519:1" }, "steps[0].public_key is not an ed25519 key: it has 32 bytes in base58"],
    [{ ...remove, public_key: "x" }, "steps[0].public_key is not an ed25519:, secp256k1: or p256: key"],
    [{ ...add, deadline: "soon" }, "steps[0].deadline must be an RFC 3339 time"],
    [
      { ...add, remove_signing_key: true },
      "steps[0].remove_signing_key is not supported on intents.add_public_key steps",
    ],
    [{ ...remove, memo: "x" }, "steps[0].memo is not supported on intents.remove_public_key steps"],
  ];
  for (const [step, text] of refused) {
    it(`is refused: ${text}`, () => assert.equal(problemOf(step), text));
  }
});

describe("the removal of the key that signs the step", () => {
  const removeOwn = { ...remove, public_key: own };

  it("has to be asked for by name", () => {
    assert.match(problemOf(removeOwn) ?? "", /^steps\[0\]\.public_key is the key that signs this step/);
    assert.equal(problemOf({ ...removeOwn, remove_signing_key: true }), undefined);
  });

  it("is refused among raw intents", () => {
    const intents = [{ intent: "remove_public_key", public_key: own }];
    const text = /^steps\[0\]\.intents\[0\]\.public_key is the key that signs this step/;
    assert.match(problemOf({ kind: "intents.execute_raw", intents }) ?? "", text);
  });

  it("waits for the wallet's account where that is not known, and for nothing where it may be", () => {
    const unknown = { accountId: undefined, feeTiers: undefined };
    const unchecked = (step: object) => planOf([step], { facts: unknown }).plan.unchecked;
    assert.deepEqual(unchecked(removeOwn), ["wallet_account", "gate_fee_tiers"]);
    assert.deepEqual(unchecked({ ...removeOwn, remove_signing_key: true }), ["gate_fee_tiers"]);
    assert.deepEqual(unchecked(add), ["gate_fee_tiers"]);
  });

  it("cannot be told of an account that is not implicit", () => {
    assert.equal(problemOf(removeOwn, { ...facts, accountId: "named.near" }), undefined);
    assert.notEqual(walletAccount, implicit);
  });
});

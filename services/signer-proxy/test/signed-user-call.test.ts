import assert from "node:assert/strict";
import { type FunctionCallTransaction, keyPairFromSeed, signTransaction } from "@outlayer/near";
import { counterScope } from "@outlayer/workflow";
import type { ScopedCallAnswer, ScopedCallRequest } from "../src/core/keystore.ts";
import { BadAnswer } from "../src/core/problems.ts";
import { signedUserCall } from "../src/core/signed-user-call.ts";

const key = keyPairFromSeed(new Uint8Array(32).fill(3));
const asked: ScopedCallRequest = {
  walletId: "wallet-1",
  scope: counterScope,
  methodName: "increase",
  args: new TextEncoder().encode("{}"),
  gas: 30_000_000_000_000n,
  nonce: 7n,
};
const right: FunctionCallTransaction = {
  signerId: "mike.near",
  nonce: 7n,
  receiverId: "count.mike.near",
  blockHash: "11111111111111111111111111111111",
  methodName: "increase",
  args: asked.args,
  gas: asked.gas,
  deposit: 0n,
};

/** What a keystore answers that signs this, and says so. */
function answerOf(transaction: Partial<FunctionCallTransaction> = {}, by = key): ScopedCallAnswer {
  const signed = { ...right, ...transaction };
  const { bytes, hash } = signTransaction(signed, by);
  return {
    signedTransactionBase64: Buffer.from(bytes).toString("base64"),
    txHash: hash,
    signerId: signed.signerId,
    publicKey: by.publicKey,
    keyLabel: "a label",
    nonce: signed.nonce,
  };
}

const refusal = (answer: ScopedCallAnswer) => {
  try {
    signedUserCall(asked, key.publicKey, answer);
    return "none";
  } catch (error) {
    assert.ok(error instanceof BadAnswer);
    return error.message;
  }
};

describe("a user's call as the keystore signed it", () => {
  it("is taken when it is exactly what was asked for, with whatever block the keystore chose", () => {
    const answer = answerOf();
    const { signedTransaction, txHash, blockHash, keyLabel } = signedUserCall(asked, key.publicKey, answer);
    assert.equal(Buffer.from(signedTransaction).toString("base64"), answer.signedTransactionBase64);
    assert.deepEqual([txHash, blockHash, keyLabel], [answer.txHash, right.blockHash, "a label"]);
  });

  const changes: readonly [field: string, transaction: Partial<FunctionCallTransaction>][] = [
    ["signer_id", { signerId: "elsewhere.near" }],
    ["receiver_id", { receiverId: "wrap.near" }],
    ["method_name", { methodName: "reset" }],
    ["args", { args: new TextEncoder().encode('{"by":5}') }],
    ["gas", { gas: 300_000_000_000_000n }],
    ["deposit", { deposit: 1n }],
    ["nonce", { nonce: 8n }],
  ];
  for (const [field, transaction] of changes) {
    it(`is refused with another ${field}, which is named`, () => {
      assert.equal(refusal(answerOf(transaction)), `user's call: ${field} is not what was asked for`);
    });
  }

  const claims: readonly [field: string, claim: Partial<ScopedCallAnswer>][] = [
    ["signer_id", { signerId: "elsewhere.near" }],
    ["public_key", { publicKey: keyPairFromSeed(new Uint8Array(32).fill(4)).publicKey }],
    ["nonce", { nonce: 8n }],
    ["tx_hash", { txHash: "9fK2vX1sTq6mB4nD8cZ7yR3wHj5LgPe2aUxWkFtMoNQi" }],
    ["key_label", { keyLabel: " " }],
  ];
  for (const [field, claim] of claims) {
    it(`is refused when the answer says another ${field} than the bytes`, () => {
      assert.equal(refusal({ ...answerOf(), ...claim }), `user's call: ${field} is not what was asked for`);
    });
  }

  it("is refused when another key signed it", () => {
    const other = keyPairFromSeed(new Uint8Array(32).fill(4));
    assert.equal(refusal(answerOf({}, other)), "user's call: public_key is not what was asked for");
  });

  it("is refused when the signature is not over these bytes", () => {
    const answer = answerOf();
    const bytes = Buffer.from(answer.signedTransactionBase64, "base64");
    bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
    const text = refusal({ ...answer, signedTransactionBase64: bytes.toString("base64") });
    assert.equal(text, "user's call: the signature does not verify");
  });

  for (const [what, base64] of [
    ["no base64", "§"],
    ["no transaction", "AAAA"],
    [
      "more than a transaction",
      Buffer.concat([Buffer.from(answerOf().signedTransactionBase64, "base64"), Buffer.of(0)]).toString("base64"),
    ],
  ] as const) {
    it(`is refused when it is ${what}`, () => {
      assert.equal(refusal({ ...answerOf(), signedTransactionBase64: base64 }), "user's call: it cannot be decoded");
    });
  }
});

import assert from "node:assert/strict";
import { burnNonce } from "../src/shell/workflow/perform/burn-nonce.ts";
import { type Kind, pending, requestId, resumed, workflow } from "./core/workflow-builder.ts";

const plain: readonly Kind[] = ["plain"];

/** Burns the nonce of a transaction of a workflow whose chain was resumed by `resume`. @returns what happened, in order */
async function burn(hash: string, { gasPrice = 1_000_000_000n, isAway = false, isUnsigned = false } = {}) {
  const happened: unknown[] = [];
  const tools = {
    follower: { heads: { final: { gasPrice } } },
    evidence: {
      async chargeOperator(...charge: unknown[]) {
        if (isAway) throw new Error("evidence is away");
        happened.push(["charged", ...charge]);
      },
    },
    gateSigner: {
      async burnNonce(publicKey: string, id: string, charge: () => Promise<void>) {
        if (isUnsigned) throw new Error("the key cannot be looked at");
        await charge();
        happened.push(["burnt", publicKey, id]);
      },
    },
  } as unknown as Parameters<typeof burnNonce>[0];
  await burnNonce(tools, workflow(plain, [...pending(plain), resumed()]), hash).catch((error) =>
    happened.push(error.message),
  );
  return happened;
}

describe("a nonce that is burnt (rule: abandoned-resume-is-burnt)", () => {
  // 10 Tgas attached, and 5 for the transaction itself.
  it("is charged to its workflow's wallet before it is sent, at the price of the time", async () => {
    const burnt = ["burnt", "ed25519:k", requestId];
    assert.deepEqual(await burn("resume"), [["charged", "w", requestId, 15n * 10n ** 21n], burnt]);
    assert.deepEqual(await burn("resume", { gasPrice: 2_000_000_000n }), [
      ["charged", "w", requestId, 30n * 10n ** 21n],
      burnt,
    ]);
  });

  it("is not sent where it cannot be charged", async () => {
    assert.deepEqual(await burn("resume", { isAway: true }), ["evidence is away"]);
  });

  it("is not charged where nothing was signed that could be sent: an outage would use up the wallet's quota", async () => {
    assert.deepEqual(await burn("resume", { isUnsigned: true }), ["the key cannot be looked at"]);
  });

  it("costs nobody anything where the transaction is none of the workflow's", async () => {
    assert.deepEqual(await burn("another"), []);
  });
});

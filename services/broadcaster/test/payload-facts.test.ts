import assert from "node:assert/strict";
import { verifierNonce } from "@outlayer/near";
import { type NearNode, RpcUnavailable, ViewFailed } from "../src/core/ports/near-node.ts";
import { PayloadViews } from "../src/shell/checks/payload-facts.ts";

const nonce = verifierNonce(Uint8Array.of(1, 2, 3, 4), 1_000, new Uint8Array(15));
const payload = { accountId: "alice.near", publicKey: "ed25519:a", nonce };
const missing = new ViewFailed("intents.near", "view", "MethodResolveError(MethodNotFound)");

/** Views that answer this, or fail with it. */
function viewsOf(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const node: Pick<NearNode, "view"> = {
    async view(_contract, method) {
      asked.push(method);
      const value = answers[method];
      if (value instanceof Error) throw value;
      return { value, height: 1 };
    },
  };
  return { asked, views: new PayloadViews(node, "intents.near") };
}

const all = { is_nonce_used: false, is_account_locked: false, is_valid_salt: true, has_public_key: true };

describe("what the verifier says of a payload", () => {
  it("is asked once for payloads that share it", async () => {
    const { asked, views } = viewsOf(all);
    const other = { ...payload, nonce: verifierNonce(Uint8Array.of(1, 2, 3, 4), 1_000, new Uint8Array(15).fill(1)) };
    await Promise.all([payload, other].map((one) => views.factsOf(one)));
    assert.deepEqual(asked.sort(), [
      "has_public_key",
      "is_account_locked",
      "is_nonce_used",
      "is_nonce_used",
      "is_valid_salt",
    ]);
  });

  it("is of a verifier without locks and salts that nothing is locked, and every salt valid", async () => {
    const { views } = viewsOf({ ...all, is_account_locked: missing, is_valid_salt: missing });
    const facts = await views.factsOf(payload);
    assert.deepEqual(facts, { nonceUsed: false, accountLocked: false, saltValid: true, keyRegistered: true });
  });

  it("is unknown where it cannot be read", async () => {
    for (const method of ["is_nonce_used", "has_public_key"]) {
      await assert.rejects(viewsOf({ ...all, [method]: missing }).views.factsOf(payload), ViewFailed);
    }
    await assert.rejects(viewsOf({ ...all, is_valid_salt: null }).views.factsOf(payload), RpcUnavailable);
  });
});

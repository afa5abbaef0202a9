import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { termsText } from "@outlayer/workflow";

describe("the terms of signing", () => {
  it("have one text and one digest, which do not change: grants, reservations and logs hold them", () => {
    const text = termsText([
      { nonce: "AAECAw==", deadlineMs: 1_790_000_000_000n, delegateNonce: 7n, maxBlockHeight: 180n },
      { nonce: "", deadlineMs: 0n, delegateNonce: 8n, maxBlockHeight: 180n },
      { publicKey: "ed25519:k", nonce: 4n },
    ]);
    assert.equal(
      text,
      '["outlayer-terms",1,[["AAECAw==","1790000000000","7","180"],["","0","8","180"],["direct-user","ed25519:k","4"]]]',
    );
    assert.equal(hash("sha256", text, "hex"), "4867c130114e9616ab55c6ffba9a703da4796429c00249c4ab7826c06df48b07");
  });
});

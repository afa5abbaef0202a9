import { formatSignature, implicitAccountId, keyPairFromSeed, nep413Hash, parsePublicKey } from "@outlayer/near";
import type { Attack } from "../attack.ts";
import { usdc, wrap } from "../tenants.ts";

const own = keyPairFromSeed(Buffer.alloc(32, 0x77));

/** The thief's own account, which the verifier knows by its key. */
export const counterparty = implicitAccountId(parsePublicKey(own.publicKey));

export const swap: Attack = {
  name: "swap",
  tries: "gives tokens away for next to nothing, in a swap with one's own counterparty or at one's own deposit address",
  everyMs: 10_000,
  refusals: ["202", "400", "403", "409", "429", "503"],
  async round(world) {
    const swapStep = {
      kind: "intents.swap",
      token_in: wrap,
      token_out: usdc,
      amount_in: "1000001",
      min_amount_out: "1",
    };
    const intents = [{ intent: "token_diff", diff: { [wrap]: "1000000", [usdc]: "-2" } }];
    const signed = signedPayload(world.targets.verifierId, intents);
    for (const step of [
      { ...swapStep, counterparty_signed: [signed] },
      { ...swapStep, amount_in: "9", deposit_address: counterparty },
      { ...swapStep, deposit_address: counterparty, counterparty_signed: [signed] },
    ]) {
      const answer = await world.rest({
        path: "/wallet/v1/workflows/execute",
        method: "POST",
        as: "hostile-swap",
        headers: { prefer: "wait=1" },
        body: { steps: [step] },
      });
      if (answer.body?.status === "succeeded") world.gotThrough(`a swap with ${counterparty} succeeded`);
    }
  },
};

/** A payload of NEP-413 with any nonce that the verifier takes. */
function signedPayload(verifierId: string, intents: readonly object[]): object {
  const message = JSON.stringify({
    signer_id: counterparty,
    deadline: new Date(Date.now() + 120_000).toISOString(),
    intents,
  });
  // Without the versioned prefix it passes as a legacy nonce.
  const nonce = crypto.getRandomValues(new Uint8Array(32)).fill(1, 0, 1);
  const signature = own.sign(nep413Hash({ message, nonce, recipient: verifierId }));
  return {
    standard: "nep413",
    payload: { message, nonce: Buffer.from(nonce).toString("base64"), recipient: verifierId },
    public_key: own.publicKey,
    signature: formatSignature(signature),
  };
}

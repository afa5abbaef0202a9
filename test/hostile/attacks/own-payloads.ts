import { type KeyPair, keyPairFromSeed, verifierNonce } from "@outlayer/near";
import { signedQuote } from "../../support/one-click-quote.ts";
import { nearWallet, signedStep } from "../../support/own-wallets.ts";
import { rawSigner } from "../../support/signers.ts";
import type { Attack } from "../attack.ts";
import type { AttackWorld } from "../attack-world.ts";
import { usdc, wrap } from "../tenants.ts";
import { bearer, isRefusal, sessionOf } from "./sign-ins.ts";

/** How long what is signed may be carried, and how much longer its nonce is remembered; milliseconds. */
const [holdsMs, nonceOutlivesMs] = [60_000, 86_400_000];

export const ownPayloads: Attack = {
  name: "own-payloads",
  tries:
    "signs in under ever new accounts, and has payloads carried that move nothing, are somebody else's, come twice, or are deposits by a quote of one's own making",
  everyMs: 10_000,
  // Whoever signs in may have payloads carried, until all sessions together have used up one wallet's part.
  refusals: ["200", "202", "400", "401", "409", "429", "503"],
  async round(world) {
    const [key, other] = [newKey(world), newKey(world)];
    const token = await sessionOf(world, rawSigner(key));
    if (token === undefined) return;
    const executeSteps = (steps: readonly object[]) =>
      world.rest({
        path: "/wallet/v1/workflows/execute",
        method: "POST",
        headers: { ...bearer(token), prefer: "wait=0" },
        body: { steps },
      });
    const execute = (...payloads: readonly object[]) => executeSteps(payloads.map((one) => signedStep(one)));
    const twice = signed(world, key);
    for (const steps of [
      [signedStep(signed(world, other))],
      [signedStep(signed(world, key)), signedStep(signed(world, other))],
      [signedStep(twice), signedStep(twice)],
    ]) {
      const { status, body } = await executeSteps(steps);
      if (!isRefusal(status, 400)) world.gotThrough(`a session was answered ${status}: ${JSON.stringify(body)}`);
    }
    const swap = await executeSteps([forgedSwap(world, key)]);
    if (!isRefusal(swap.status, 400) || (swap.status === 400 && !swap.body?.message.includes("is not signed by")))
      world.gotThrough(`a quote of its own making was answered ${swap.status}: ${swap.body?.message}`);
    const plain = await execute(signed(world, key));
    if (!isRefusal(plain.status, 202))
      world.gotThrough(`an attack that needs payloads to be carried tries nothing: ${plain.status}`);
    await Promise.all([
      // Payloads that move nothing cost the operator what others cost.
      execute(...Array.from({ length: 12 }, () => signed(world, key))),
      ...Array.from({ length: 3 }, () => execute(signed(world, key))),
      // The account has nothing.
      execute(signed(world, key, { intent: "transfer", receiver_id: "mike.near", tokens: { [wrap]: "1" } })),
      execute(twice),
      execute(twice),
    ]);
  },
};

const bytes = (world: AttackWorld, length: number) => Uint8Array.from({ length }, () => world.dice.next() & 255);

const newKey = (world: AttackWorld) => keyPairFromSeed(bytes(world, 32));

/** A deposit by a quote that the account has signed in 1Click's place. */
function forgedSwap(world: AttackWorld, key: KeyPair): object {
  const { accountId } = nearWallet(key);
  const deadline = new Date(Date.now() + 2 * holdsMs).toISOString();
  const within = { depositType: "INTENTS", refundType: "INTENTS", recipientType: "INTENTS" };
  const tokens = { originAsset: wrap, destinationAsset: usdc };
  const quoteRequest = { dry: false, swapType: "EXACT_INPUT", ...tokens, ...within, deadline };
  const amounts = { amountIn: "1", amountOut: "1000000", minAmountOut: "1000000" };
  const quote = signedQuote(
    {
      quoteRequest: { ...quoteRequest, recipient: accountId, refundTo: accountId },
      quote: { ...amounts, depositAddress: "mike.near", deadline },
    },
    key,
  );
  const deposit = signed(world, key, { intent: "transfer", receiver_id: "mike.near", tokens: { [wrap]: "1" } });
  return { ...signedStep(deposit), quote, token_out: usdc };
}

function signed(world: AttackWorld, key: KeyPair, ...intents: readonly object[]): object {
  const wallet = nearWallet(key);
  const { verifierId: recipient, salt } = world.targets;
  const deadlineMs = Date.now() + holdsMs;
  const nonce = verifierNonce(Buffer.from(salt, "hex"), deadlineMs + nonceOutlivesMs, bytes(world, 15));
  return wallet.sign({ signerId: wallet.accountId, deadlineMs, nonce, recipient, intents });
}

import { keyPairFromSeed } from "@outlayer/near";
import { messageFor, nearWallet, type OwnWallet, rawWallet, signedStep } from "../support/own-wallets.ts";
import type { Dice } from "./dice.ts";
import type { Order } from "./load.ts";
import type { World } from "./world.ts";

/** Of so many histories there is one in which sessions have payloads carried that they have signed themselves. */
const oneIn = 5;

const wrap = "nep141:wrap.near";

export interface OwnLoad {
  readonly orders: readonly Order[];
  /** Payloads that their signer, or somebody who has them from there, brings to the verifier himself. */
  readonly carried: readonly { readonly atMs: number; readonly args: string }[];
}

/**
 * Workflows of two accounts, one to three steps each, of one or two payloads. Some are cancelled, some hold so shortly that they may
 * be too late, and some are carried by others before, while or after the product does. No two payloads move the same amount.
 * @param withinMs when the last one is posted, milliseconds from the begin of the history
 */
export function ownPayloadsOf(world: World, dice: Dice, seed: number, withinMs: number): OwnLoad {
  if (seed % oneIn !== oneIn - 1) return { orders: [], carried: [] };
  const owners = [nearWallet(keyPairFromSeed(dice.bytes(32))), rawWallet(keyPairFromSeed(dice.bytes(32)))];
  for (const { accountId } of owners) world.devnet.controls.verifier.credit(accountId, wrap, 10n ** 24n);
  world.devnet.controls.blocks.mine({ blocks: 3 });
  const startMs = world.nowMs;
  let unique = 0;
  const payload = (owner: OwnWallet, deadlineMs: number) => {
    unique += 1;
    const tokens = { [wrap]: String(10n ** 15n + BigInt(unique)) };
    const nonce = dice.bytes(15);
    return owner.sign(
      messageFor(world, owner, [{ intent: "transfer", receiver_id: "mike.near", tokens }], {
        deadlineMs,
        random: nonce,
      }),
    );
  };
  const orders: Order[] = [];
  const carried: { atMs: number; args: string }[] = [];
  const count = dice.between(8, 14);
  for (let index = 0; index < count; index += 1) {
    const owner = dice.pick(owners);
    const atMs = dice.between(0, withinMs);
    const deadlineMs = startMs + atMs + dice.pick([20_000, 60_000, 180_000]);
    const steps = Array.from({ length: dice.between(1, 3) }, () =>
      Array.from({ length: dice.between(1, 2) }, () => payload(owner, deadlineMs)),
    );
    if (dice.chance(0.4)) {
      const signed = [dice.pick(dice.pick(steps))];
      carried.push({ atMs: atMs + dice.between(0, 30_000), args: JSON.stringify({ signed }) });
    }
    const key = `own-${index}`;
    orders.push({
      walletId: `account:${owner.accountId}`,
      endpoint: "workflow",
      key,
      json: JSON.stringify({
        steps: steps.map((payloads) => signedStep(...payloads)),
        ...dice.pick([{}, {}, { on_failure: "halt" }, { ordering: "any" }]),
        idempotency_key: key,
      }),
      atMs,
      isDoubled: dice.chance(0.1),
      cancelledAfterMs: dice.chance(0.25) ? dice.between(0, dice.pick([1_000, 8_000, 40_000])) : undefined,
    });
  }
  return { orders, carried };
}

import { keyPairFromSeed } from "@outlayer/near";
import type { Attack } from "../attack.ts";
import { hostileContract } from "../contracts.ts";
import { loot, wrap } from "../tenants.ts";
import { call, raw, theft } from "./steps.ts";

/** The key that a thief has put on a wallet, and whose absence is looked for at the end. */
export const thiefKey = keyPairFromSeed(Buffer.alloc(32, 0x66));

/** What a policy of type `call` with a whitelist and a limit must never let happen, in every form that a step can take. */
const bypasses: readonly object[] = [
  raw({ intent: "add_public_key", public_key: thiefKey.publicKey }),
  raw({ intent: "set_auth_by_predecessor_id", enabled: false }),
  raw({ intent: "auth_call", contract_id: hostileContract, msg: "no deposit" }),
  raw({ intent: "auth_call", contract_id: hostileContract, msg: "deposit", attached_deposit: "1" }),
  raw({ intent: "transfer", receiver_id: loot, tokens: { [wrap]: "1" } }),
  raw({ intent: "ft_withdraw", token: "wrap.near", receiver_id: loot, amount: "1" }),
  raw({ intent: "native_withdraw", receiver_id: loot, amount: "1" }),
  raw({ intent: "token_diff", diff: { [wrap]: "-5000", "nep141:usdc.near": "1" } }),
  theft("1"),
  // More than a day's limit to somebody whom it may pay.
  { ...theft("11"), receiver_id: "mike.near" },
  {
    receiver_id: "intents.near",
    method_name: "execute_intents",
    route: "gate_proxy",
    near_intents: { intents: [{ intent: "add_public_key", public_key: thiefKey.publicKey }] },
  },
  call("intents.near", "add_public_key", { public_key: thiefKey.publicKey }),
];

export const power: Attack = {
  name: "power",
  tries: "gives a thief's key the wallet, lifts its ways to authenticate, pays whom its policy does not name",
  everyMs: 10_000,
  refusals: ["202", "400", "403", "409", "429", "503"],
  async round(world) {
    for (const [index, step] of bypasses.entries()) {
      if (world.isOver) return;
      const answer = await world.rest({
        path: "/wallet/v1/workflows/execute",
        method: "POST",
        as: "hostile-power",
        headers: { prefer: "wait=1" },
        body: { steps: [step], idempotency_key: `power-${index}-${world.dice.next()}` },
      });
      if (answer.body?.status === "succeeded") world.gotThrough(`${JSON.stringify(step)} succeeded`);
    }
  },
};

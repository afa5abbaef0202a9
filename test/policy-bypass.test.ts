import assert from "node:assert/strict";
import type { PolicyDocument } from "@outlayer/devnet";
import { signIntents } from "./support/actors.ts";
import { view } from "./support/chain-dump.ts";
import { describeShapes } from "./support/shapes.ts";
import { type System, startSystem } from "./support/system.ts";

const wrap = "nep141:wrap.near";
const usdc = "nep141:usdc.near";
const gateId = "gate.sequential.near";
/** A key that nobody's wallet has. */
const attackersKey = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";

type PolicyRules = NonNullable<PolicyDocument["rules"]>;

interface Attack {
  readonly title: string;
  readonly steps: (system: System) => object[] | Promise<object[]>;
  readonly status: "policy_denied" | "rejected";
  readonly error: string;
}

const raw = (...intents: object[]) => ({ kind: "intents.execute_raw", intents });
const ownSwap = async ({ devnet }: System) => {
  // Less and more by the verifier's fee.
  const diff = { [wrap]: "999999", [usdc]: "-2" };
  const counterparty_signed = [await signIntents(devnet, "wallet-2", [{ intent: "token_diff", diff }])];
  const amounts = { amount_in: "1000001", min_amount_out: "1" };
  return [{ kind: "intents.swap", token_in: wrap, token_out: usdc, ...amounts, counterparty_signed }];
};
const plain = (method_name: string, args_json: object, deposit = "0", receiver_id = "intents.near") => {
  return { receiver_id, method_name, args_json, deposit, gas: "100000000000000", route: "gate_proxy" };
};
const denied = (reason: string) =>
  ({ status: "policy_denied", error: `policy denied before signing: ${reason}` }) as const;
const noTypeFor = (kind: string) =>
  denied(`${kind} changes who may act for the wallet, and the operator has named no policy type for it`);
const rejected = (reason: string) => ({ status: "rejected", error: reason }) as const;

const attacks: readonly Attack[] = [
  {
    title: "a key that an intent adds cannot take the wallet past its policy",
    steps: () => [raw({ intent: "add_public_key", public_key: attackersKey })],
    ...noTypeFor("add_public_key"),
  },
  {
    title: "an auth_call without a deposit cannot speak to a contract that is not listed",
    steps: () => [raw({ intent: "auth_call", contract_id: "count.mike.near", msg: "" })],
    ...denied("Address 'count.mike.near' is not in whitelist"),
  },
  {
    title: "a swap cannot give away a million for one to one's own counterparty",
    steps: ownSwap,
    // Completed with the account of wallet-2, which only the devnet knows.
    ...denied("Address '{wallet-2}' is not in whitelist"),
  },
  {
    title: "a swap beside which nobody has signed cannot become an offer to everybody",
    steps: () => [raw({ intent: "token_diff", diff: { [wrap]: "-9", [usdc]: "1" } })],
    ...denied("intents[0].diff gives to nobody that can be named: no counterparty has signed beside it"),
  },
  {
    title: "a withdrawal cannot reach somebody who is not listed by the verifier, which every whitelist holds",
    steps: () => [
      raw({ intent: "ft_withdraw", token: "wrap.near", receiver_id: "intents.near", amount: "9", msg: "anna.near" }),
    ],
    ...denied("Address 'anna.near' is not in whitelist"),
  },
  {
    title: "a plain call cannot take tokens that stand to the gate's credit",
    steps: () => [plain("mt_transfer", { receiver_id: "mike.near", token_id: wrap, amount: "5" }, "1")],
    ...rejected(
      "steps[0]: at intents.near the gate may call execute_intents alone, for all else there is done in the gate's own name",
    ),
  },
  {
    title: "a plain call cannot take tokens that the gate holds in their own contract",
    steps: () => [plain("ft_transfer", { receiver_id: "mike.near", amount: "5" }, "1", "wrap.near")],
    ...rejected(
      "steps[0]: ft_transfer acts on what belongs to its caller, and through the gate that is the gate, for everybody",
    ),
  },
  {
    title: "a plain call cannot carry what the wallet signed, unasked, to the verifier",
    steps: async ({ devnet }) => {
      const intent = { intent: "transfer", receiver_id: "anna.near", tokens: { [wrap]: "1000" } };
      return [plain("execute_intents", { signed: [await signIntents(devnet, "wallet-1", [intent])] })];
    },
    ...denied("args.signed[0] is signed by the wallet itself"),
  },
  {
    title: "what the wallet signed, unasked, cannot come as the payload of a counterparty",
    steps: async (system) => {
      const intent = { intent: "transfer", receiver_id: "anna.near", tokens: { [wrap]: "1000" } };
      const own = await signIntents(system.devnet, "wallet-1", [intent]);
      const [swap] = await ownSwap(system);
      return [{ ...swap, counterparty_signed: [...(swap?.counterparty_signed ?? []), own] }];
    },
    ...denied("counterparty_signed[1] is signed by the wallet itself"),
  },
  {
    title: "a batch's intents cannot take the wallet's own key away",
    steps: ({ devnet }) => {
      const public_key = devnet.wallets[0]?.publicKey;
      const near_intents = { intents: [{ intent: "remove_public_key", public_key }] };
      return [{ receiver_id: "intents.near", method_name: "execute_intents", near_intents }];
    },
    ...rejected(
      "steps[0].near_intents.intents[0].public_key is the key that signs this step: without it the wallet can sign nothing more; use a step intents.remove_public_key",
    ),
  },
  {
    title: "a batch's intents cannot take another key away",
    steps: () => {
      const near_intents = { intents: [{ intent: "remove_public_key", public_key: attackersKey }] };
      return [{ receiver_id: "intents.near", method_name: "execute_intents", near_intents }];
    },
    ...noTypeFor("remove_public_key"),
  },
  {
    title: "a step cannot take the wallet's own key away, asked for by name",
    steps: ({ devnet }) => [
      {
        kind: "intents.remove_public_key",
        public_key: devnet.wallets[0]?.publicKey,
        remove_signing_key: true,
      },
    ],
    ...noTypeFor("remove_public_key"),
  },
  {
    title: "a step cannot add a key",
    steps: () => [{ kind: "intents.add_public_key", public_key: attackersKey }],
    ...noTypeFor("add_public_key"),
  },
  {
    title: "an intent cannot change whether transactions authenticate",
    steps: () => [raw({ intent: "set_auth_by_predecessor_id", enabled: false })],
    ...noTypeFor("set_auth_by_predecessor_id"),
  },
];

describeShapes("a wallet's key cannot take more than its policy gives", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape, environment: { GATE_MAX_DEPOSIT_YOCTO: "1" } });
    const { wallets, verifier } = system.devnet.controls;
    wallets.setPolicy("wallet-1", {
      rules: {
        transaction_types: ["call", "intents_swap", "intents_withdraw"],
        addresses: { mode: "whitelist", list: ["intents.near", "wrap.near", "mike.near"] },
        limits: { daily: { [usdc]: "10" } },
      },
    });
    verifier.credit(gateId, wrap, 100n);
  });
  after(() => system.stop());

  const accountOf = (walletId: string) => {
    return system.devnet.wallets.find((wallet) => wallet.walletId === walletId)?.accountId ?? "";
  };

  /** All that an attack could have moved, and who may act for the wallet. */
  const standing = async () => {
    const { devnet } = system;
    const account_id = accountOf("wallet-1");
    const owners = [account_id, accountOf("wallet-2"), gateId, "mike.near", "anna.near"];
    return {
      balances: owners.map((owner) => [wrap, usdc].map((token) => devnet.controls.verifier.balanceOf(owner, token))),
      keys: await view(devnet, "intents.near", "public_keys_of", { account_id }),
      byPredecessor: await view(devnet, "intents.near", "is_auth_by_predecessor_id_enabled", { account_id }),
    };
  };

  for (const { title, steps, status, error } of attacks) {
    it(title, async () => {
      const before = await standing();
      const { body } = await system.rest().execute(await steps(system));
      const expected = error.replace("{wallet-2}", accountOf("wallet-2"));
      assert.deepEqual([body.status, body.user_visible_error], [status, expected]);
      assert.deepEqual(
        body.submit_tx_hashes.filter((hash: unknown) => hash !== null),
        [],
      );
      assert.deepEqual(await standing(), before);
    });
  }
});

describeShapes(
  "power over a wallet, once the operator has named a type for it (rule: power-has-a-type-of-its-own)",
  (shape) => {
    let system: System;
    before(async () => {
      system = await startSystem({
        shape,
        environment: { POLICY_ACTION_TYPES_JSON: '{"add_public_key":"wallet_power"}' },
      });
    });
    after(() => system.stop());

    const add = raw({ intent: "add_public_key", public_key: attackersKey });
    const hasKey = () => {
      const account_id = system.devnet.wallets[0]?.accountId;
      return view(system.devnet, "intents.near", "has_public_key", { account_id, public_key: attackersKey });
    };
    const rules: readonly [name: string, rules: PolicyRules, reason: string][] = [
      [
        "types, and not that one",
        { transaction_types: ["call"] },
        "Transaction type 'wallet_power' is not allowed by policy",
      ],
      [
        "addresses, and not the key",
        { addresses: { mode: "whitelist", list: ["intents.near"] } },
        `Address '${attackersKey}' is not in whitelist`,
      ],
    ];
    for (const [name, given, reason] of rules) {
      it(`is denied by a policy that lists ${name}`, async () => {
        system.devnet.controls.wallets.setPolicy("wallet-1", { rules: given });
        const { body } = await system.rest().execute([add]);
        assert.deepEqual(
          [body.status, body.user_visible_error],
          ["policy_denied", `policy denied before signing: ${reason}`],
        );
        assert.equal(await hasKey(), false);
      });
    }

    it("is given under a policy without transaction_types, as the README says", async () => {
      system.devnet.controls.wallets.setPolicy("wallet-1", { rules: { limits: { daily: { "*": "10" } } } });
      assert.equal((await system.rest().execute([add])).body.status, "succeeded");
      assert.equal(await hasKey(), true);
    });
  },
);

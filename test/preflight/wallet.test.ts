import { Actor } from "../support/actors.ts";
import { walletKey } from "../support/preflight.ts";
import { dust, registerStep, three, transfer } from "../support/steps.ts";
import {
  assertCase,
  blockingToken,
  type Case,
  fails,
  near,
  notSimulated,
  simulationFails,
  succeeds,
  wallet,
} from "./cases.ts";

/** What becomes of a wallet, and of what it asks for. */
const cases: readonly Case[] = [
  {
    title: "a wallet without NEAR",
    executed: succeeds,
    prepare: (system) => system.devnet.controls.accounts.setBalance(wallet(system).accountId, 0n),
    steps: () => three,
    fails: (system) => [
      {
        name: "wallet_near",
        class: "advisory",
        expected: "at least 1",
        actual: "0",
        message: `${wallet(system).accountId} holds no NEAR`,
      },
    ],
  },
  ...[
    {
      what: "a withdrawal to an account that the token does not know",
      intent: { intent: "ft_withdraw", token: "wrap.near", receiver_id: "mike.near", amount: "1" },
      actual: "mike.near is not registered with wrap.near",
      code: "refunded",
    },
    {
      what: "a transfer with a message to an account without code",
      intent: { intent: "transfer", receiver_id: "mike.near", tokens: { [dust.token]: "1" }, msg: "hello" },
      actual: "mike.near has no contract",
      code: "refunded",
    },
    {
      what: "NEAR for an account that does not exist",
      intent: { intent: "native_withdraw", receiver_id: "nobody.near", amount: "1" },
      actual: "nobody.near does not exist",
      code: "dispatch_failed",
    },
  ].map(
    ({ what, intent, actual, code }): Case => ({
      title: what,
      executed: fails(code),
      steps: () => [{ kind: "intents.execute_raw", intents: [intent] }],
      fails: () => [
        {
          name: "withdrawal_receiver",
          class: "blocking",
          expected: "receivers that can take what they are sent",
          actual,
          message: `step 1 of 1 would not last: ${actual}`,
        },
      ],
    }),
  ),
  {
    title: "a receiver that does not exist",
    executed: fails("receiver_not_found"),
    steps: () => [dust, callOfNobody, callOfNobody],
    fails: () => [
      {
        name: "receiver_account",
        class: "blocking",
        expected: "accounts that exist",
        actual: "nobody.near does not",
        message: "step 2 of 3 calls nobody.near, which does not exist",
      },
    ],
  },
  {
    title: "a receiver that has no contract",
    executed: fails("receiver_has_no_code"),
    steps: () => [{ ...callOfNobody, receiver_id: "anna.near" }],
    prepare: ({ devnet }) => devnet.controls.accounts.setBalance("anna.near", near),
    fails: () => [
      {
        name: "receiver_code",
        class: "blocking",
        expected: "accounts with a contract",
        actual: "anna.near has none",
        message: "step 1 of 1 calls anna.near, which has no contract",
      },
    ],
  },
  {
    title: "a key on NEAR that would let the delegates be relayed past the gate",
    executed: fails("unsafe_delegate_nonce"),
    prepare: (system) => {
      const { accountId, publicKey } = wallet(system);
      system.devnet.controls.accounts.addKey(accountId, publicKey, { kind: "fullAccess" }, 5n);
    },
    steps: () => three,
    fails: (system) => [
      {
        name: "delegate_nonce",
        class: "blocking",
        expected: "no key on NEAR, or a nonce of 10^9 and more above the epoch's milliseconds",
        actual: "5",
        message: `the key of ${wallet(system).accountId} has a nonce on NEAR that is too low: a signed call could be relayed past the gate`,
      },
    ],
  },
  {
    title: "a key that the verifier does not know any more",
    executed: fails("dispatch_failed"),
    prepare: async (system) => {
      const { accountId, publicKey } = wallet(system);
      const owner = new Actor(system.devnet, accountId, walletKey("wallet-1"));
      const args = { public_key: publicKey };
      await owner.call({ receiverId: system.devnet.verifierId, methodName: "remove_public_key", args, deposit: 1n });
    },
    steps: () => [dust],
    fails: (system) => {
      const { accountId, publicKey } = wallet(system);
      const text = `Smart contract panicked: public key '${publicKey}' doesn't exist for account '${accountId}'`;
      return [
        {
          name: "verifier_key",
          class: "blocking",
          expected: publicKey,
          actual: "not registered",
          message: `the verifier does not know the key ${publicKey} of ${accountId}`,
        },
        { ...simulationFails(1), actual: text, message: `step 1 of 1 would fail in the verifier: ${text}` },
      ];
    },
  },
  {
    title: "an account that is locked in the verifier",
    executed: fails("dispatch_failed"),
    prepare: (system) => system.devnet.controls.verifier.setLocked(wallet(system).accountId, true),
    steps: () => [dust],
    fails: (system) => {
      const { accountId } = wallet(system);
      const text = `Smart contract panicked: account '${accountId}' is locked`;
      return [
        {
          name: "verifier_lock",
          class: "blocking",
          expected: "not locked",
          actual: "locked",
          message: `the account ${accountId} is locked in the verifier`,
        },
        { ...simulationFails(1), actual: text, message: `step 1 of 1 would fail in the verifier: ${text}` },
      ];
    },
  },
  {
    title: "tokens that the wallet does not hold",
    executed: fails("insufficient_balance"),
    steps: () => [dust, transfer("99999999000000000000000001"), dust],
    fails: () => {
      const text = "Smart contract panicked: insufficient balance or overflow";
      return [
        {
          name: "wallet_tokens",
          class: "blocking",
          expected: "99999999000000000000000001 of nep141:wrap.near",
          actual: "99999999000000000000000000 of nep141:wrap.near",
          message:
            "step 2 of 3 moves 99999999000000000000000001 of nep141:wrap.near, but only 99999999000000000000000000 would be left in the verifier by then",
        },
        { ...simulationFails(2), actual: text, message: `step 2 of 3 would fail in the verifier: ${text}` },
      ];
    },
  },
  {
    title: "a policy that denies",
    executed: { status: "policy_denied", code: "policy_denied" },
    prepare: ({ devnet }) =>
      devnet.controls.wallets.setPolicy("wallet-1", { rules: { limits: { per_transaction: { [dust.token]: "5" } } } }),
    steps: () => three,
    fails: () => [
      {
        name: "policy",
        class: "blocking",
        expected: "allowed",
        actual: "denied",
        message: `policy denied before signing: Per-transaction limit exceeded for ${dust.token}: ${dust.amount} > 5`,
      },
      notSimulated,
    ],
  },
  {
    title: "a policy that wants approvals",
    executed: { status: "requires_approval", code: "requires_approval" },
    prepare: ({ devnet }) =>
      devnet.controls.wallets.setPolicy("wallet-1", { rules: {}, approval: { threshold: { required: 2 } } }),
    steps: () => three,
    fails: () => [
      {
        name: "policy",
        class: "blocking",
        expected: "allowed",
        actual: "requires approval",
        message: "the wallet's policy requires 2 approvals for this workflow",
      },
      notSimulated,
    ],
  },
  {
    title: "a deadline that has passed",
    executed: fails("timed_out"),
    steps: () => [
      {
        receiver_id: "intents.near",
        method_name: "execute_intents",
        near_intents: { intents: [transferIntent], deadline: "2020-01-01T00:00:00Z" },
      },
    ],
    fails: () => {
      const message = "the deadline given with near_intents passed before the gate could take the call";
      const unasked = { class: "blocking", expected: "", actual: "", message: `not checked: ${message}` } as const;
      return [
        { name: "deadline", class: "blocking", expected: "in the future", actual: "2020-01-01T00:00:00.000Z", message },
        { name: "policy", ...unasked },
        { name: "simulation", ...unasked },
      ];
    },
  },
  {
    // The plan refuses a swap with counterparties that does not balance; what it takes as the caller wrote it, it does not add up.
    title: "a swap that does not balance",
    executed: fails("dispatch_failed"),
    environment: { INTENTS_DEADLINE_SECS: "4", POLICY_SWAP_TO: "none" },
    steps: () => {
      const diff = { "nep141:wrap.near": "-1000", "nep141:usdc.near": "2" };
      return [dust, { kind: "intents.execute_raw", intents: [{ intent: "token_diff", diff }] }];
    },
    fails: () => {
      const actual = `unmatched_deltas ${JSON.stringify({ [blockingToken]: "2", "nep141:usdc.near": "2", "nep141:wrap.near": "-999" })}`;
      const message = `step 2 of 2 does not balance in the verifier as it should: ${actual}`;
      return [{ ...simulationFails(2), actual, message }];
    },
  },
];

const callOfNobody = { ...registerStep(1), receiver_id: "nobody.near" };
const transferIntent = { intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } };

describe("preflight", () => {
  for (const one of cases) {
    it(`tells of ${one.title}, and of nothing else, as execution does`, () => assertCase(one));
  }
});

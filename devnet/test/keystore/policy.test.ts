import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { PolicyDocument } from "../../src/keystore/policy.ts";
import { paths, post, withDevnet } from "./support.ts";

const wrap = "nep141:wrap.near";

/** Tuesday 2026-09-01, 14:30 UTC. */
const tuesdayAfternoon = Date.UTC(2026, 8, 1, 14, 30);

interface Case {
  readonly it: string;
  readonly policy?: PolicyDocument;
  readonly frozenByController?: true;
  readonly action?: Record<string, unknown>;
  readonly answer: Record<string, unknown>;
}

const allowed = { allowed: true, frozen: false };
const denied = (reason: string) => ({ allowed: false, frozen: false, reason });
const approvals = (required_approvals: number) => ({ ...allowed, requires_approval: true, required_approvals });
const limits = (limit: string, kind = "per_transaction") => ({ rules: { limits: { [kind]: { [wrap]: limit } } } });
const move = { type: "call", token: wrap, amount: "10" };

const cases: readonly Case[] = [
  { it: "allows all without a policy", answer: allowed },
  {
    it: "allows all by a policy without rules, approvals or not",
    policy: { approval: { threshold: { required: 3 } } },
    answer: allowed,
  },
  {
    it: "is frozen by its policy",
    policy: { frozen: true },
    answer: { allowed: false, frozen: true, reason: "Wallet is frozen" },
  },
  {
    it: "is frozen by its controller, with or without a policy",
    frozenByController: true,
    answer: { allowed: false, frozen: true, reason: "Wallet is frozen by controller" },
  },
  {
    it: "denies a type that is not listed",
    policy: { rules: { transaction_types: ["transfer", "call"], allowed_tokens: [] } },
    action: { type: "intents_swap" },
    answer: denied("Transaction type 'intents_swap' is not allowed by policy"),
  },
  { it: "allows one that is", policy: { rules: { transaction_types: ["call"] } }, answer: allowed },
  {
    it: "denies a token that is not listed, native by default, and knows no wildcard",
    policy: { rules: { allowed_tokens: ["*"], addresses: { mode: "whitelist", list: [] } } },
    action: { type: "call", to: "x" },
    answer: denied("Token 'native' is not allowed by policy"),
  },
  {
    it: "denies an address that is not on the whitelist",
    policy: { rules: { addresses: { mode: "whitelist", list: ["bob.near"] } } },
    action: { type: "call", to: "eve.near" },
    answer: denied("Address 'eve.near' is not in whitelist"),
  },
  {
    it: "denies an address that is on the blacklist",
    policy: { rules: { addresses: { mode: "blacklist", list: ["eve.near"] } } },
    action: { type: "call", to: "eve.near" },
    answer: denied("Address 'eve.near' is blacklisted"),
  },
  {
    it: "asks no address where there is none",
    policy: { rules: { addresses: { mode: "whitelist", list: [] } } },
    answer: allowed,
  },
  { it: "allows up to the limit of one transaction", policy: limits("10"), action: move, answer: allowed },
  {
    it: "denies above it",
    policy: limits("9"),
    action: move,
    answer: denied(`Per-transaction limit exceeded for ${wrap}: 10 > 9`),
  },
  {
    it: "takes an amount that is a number for 0",
    policy: limits("9"),
    action: { ...move, amount: 10 },
    answer: allowed,
  },
  {
    it: "takes the exact token before the star",
    policy: { rules: { limits: { per_transaction: { "*": "1", [wrap]: "10" } } } },
    action: move,
    answer: allowed,
  },
  {
    it: "takes the star for others",
    policy: { rules: { limits: { per_transaction: { "*": "1", [wrap]: "10" } } } },
    action: { ...move, token: "native" },
    answer: denied("Per-transaction limit exceeded for native: 10 > 1"),
  },
  ...(["hourly", "daily", "monthly"] as const).flatMap((kind): Case[] => {
    const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    const used = (amount: string) => ({ ...move, current_usage: { [kind]: { [wrap]: amount } } });
    return [
      { it: `allows up to the ${kind} limit`, policy: limits("15", kind), action: used("5"), answer: allowed },
      {
        it: `denies above the ${kind} limit`,
        policy: limits("15", kind),
        action: used("6"),
        answer: denied(`${title} limit exceeded for ${wrap}: 6 + 10 > 15`),
      },
    ];
  }),
  {
    it: "adds in 128 bits, which wrap",
    policy: limits("15", "daily"),
    action: { ...move, current_usage: { daily: { [wrap]: `${2n ** 128n - 5n}` } } },
    answer: allowed,
  },
  {
    it: "denies at the rate limit",
    policy: { rules: { rate_limit: { max_per_hour: 3 } } },
    action: { type: "call", current_usage: { hourly_tx_count: 3 } },
    answer: denied("Rate limit exceeded: 3 transactions this hour (max: 3)"),
  },
  {
    it: "allows below it",
    policy: { rules: { rate_limit: { max_per_hour: 3 } } },
    action: { type: "call", current_usage: { hourly_tx_count: 2 } },
    answer: allowed,
  },
  {
    it: "denies outside the allowed hours, whose last is not among them",
    policy: { rules: { time_restrictions: { timezone: "UTC", allowed_hours: [9, 14] } } },
    answer: denied("Operation not allowed at this hour (14 UTC). Allowed: 9-14"),
  },
  {
    it: "allows hours that wrap over midnight",
    policy: { rules: { time_restrictions: { allowed_hours: [14, 3] } } },
    answer: allowed,
  },
  {
    it: "denies outside hours that wrap",
    policy: { rules: { time_restrictions: { allowed_hours: [22, 6] } } },
    answer: denied("Operation not allowed at this hour (14 UTC). Allowed: 22-6"),
  },
  {
    it: "denies on other weekdays, Monday being 1",
    policy: { rules: { time_restrictions: { allowed_days: [1, 3] } } },
    answer: denied("Operation not allowed on weekday 2"),
  },
  {
    it: "asks for as many approvals as the threshold requires",
    policy: { rules: {}, approval: { threshold: { required: 3, of: 5 } } },
    answer: approvals(3),
  },
  {
    it: "asks for two where it does not say",
    policy: { rules: {}, approval: { threshold: {} } },
    answer: approvals(2),
  },
  {
    it: "asks for none for an excluded type",
    policy: { rules: {}, approval: { threshold: { required: 3 }, excluded_types: ["call"] } },
    answer: allowed,
  },
  {
    it: "denies before it asks for approval",
    policy: { rules: { transaction_types: [] }, approval: { threshold: { required: 3 } } },
    answer: denied("Transaction type 'call' is not allowed by policy"),
  },
];

describe("a wallet's policy", () => {
  for (const { it: name, policy, frozenByController, action = { type: "call" }, answer } of cases) {
    it(name, () =>
      withDevnet(async (devnet) => {
        const { controls } = devnet;
        controls.clock.set(tuesdayAfternoon);
        controls.wallets.setPolicy("wallet-1", policy);
        if (frozenByController) controls.wallets.setFrozen("wallet-1", true);
        const given = await post(devnet, paths.policy, { wallet_id: "wallet-1", action });
        assert.equal(given.status, 200);
        assert.deepEqual(given.json, { ...answer, ...(policy === undefined ? {} : { policy }) });
      }),
    );
  }

  it("of wallet-3 has limits from the start", () =>
    withDevnet(async (devnet) => {
      const ask = (amount: string) =>
        post(devnet, paths.policy, { wallet_id: "wallet-3", action: { ...move, amount } });
      assert.equal((await ask(`${10n * 10n ** 24n}`)).json.allowed, true);
      const { json } = await ask(`${11n * 10n ** 24n}`);
      assert.equal(json.allowed, false);
      assert.match(json.reason, /^Per-transaction limit exceeded for nep141:wrap.near/);
      assert.ok(json.policy.rules);
    }));

  it("is bypassed by a policy that comes with the question", () =>
    withDevnet(async (devnet) => {
      devnet.controls.wallets.setPolicy("wallet-1", { frozen: true });
      const body = { wallet_id: "wallet-1", action: { type: "call" }, encrypted_policy_data: "anything" };
      assert.deepEqual((await post(devnet, paths.policy, body)).json, allowed);
    }));
});

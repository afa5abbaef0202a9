import assert from "node:assert/strict";
import fc from "fast-check";
import { signIntents } from "./support/actors.ts";
import { type Preflight, preflight } from "./support/preflight.ts";
import { registerStep, transfer } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";

const near = 10n ** 24n;
const wrap = "nep141:wrap.near";
const usdc = "nep141:usdc.near";

/** A step, before what others sign for it is signed. */
type Draft =
  | { readonly kind: "transfer"; readonly token: string; readonly amount: string }
  | { readonly kind: "swap"; readonly give: bigint; readonly get: bigint; readonly isOff: boolean }
  | { readonly kind: "call"; readonly value: number }
  | { readonly kind: "reject" | "setup" | "nobody" | "bare" };

const draft: fc.Arbitrary<Draft> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("transfer" as const),
      token: fc.constantFrom(wrap, usdc, "nep141:nobody-has.near"),
      // The wallet holds 100 wNEAR and 1,000 USDC: some of these fit once and not twice.
      amount: fc.constantFrom("1", "600000000", String(60n * near)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("swap" as const),
      give: fc.bigInt({ min: 2n, max: 5_000_000n }),
      get: fc.bigInt({ min: 2n, max: 5_000_000n }),
      isOff: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      // A call that its target takes: nobody can rehearse one that it might refuse.
      value: fc.nat(1000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("reject" as const, "setup" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("nobody" as const, "bare" as const) }) },
);

/** Things that may be wrong with the world. */
const troubles = {
  relayerLow: ({ devnet }) => devnet.controls.accounts.setBalance(devnet.relayer.accountId, (6n * near) / 10n),
  approverLow: ({ devnet }) => devnet.controls.accounts.setBalance(devnet.approver.accountId, near / 10n),
  gateLow: ({ devnet }) => devnet.controls.accounts.setBalance(devnet.gateId, near / 200n),
  limited: ({ devnet }) =>
    devnet.controls.wallets.setPolicy("wallet-1", { rules: { limits: { daily: { [usdc]: "600000000" } } } }),
  wantsApproval: ({ devnet }) =>
    devnet.controls.wallets.setPolicy("wallet-1", {
      rules: {},
      approval: { threshold: { required: 1 }, excluded_types: ["call"] },
    }),
  frozen: ({ devnet }) => devnet.controls.wallets.setFrozen("wallet-1", true),
  dearer: ({ devnet }) =>
    devnet.controls.gate.setTiers([
      [3, 30_000_000_000_000_000_000_000n],
      [12, 70_000_000_000_000_000_000_000n],
    ]),
  shorter: ({ devnet }) => devnet.controls.gate.setTiers([[2, 30_000_000_000_000_000_000_000n]]),
  otherFee: ({ devnet }) => devnet.controls.gate.setTiers([[12, 1n]]),
  notWhitelisted: ({ devnet }) => devnet.controls.gate.setRelayer(devnet.relayer.accountId, false),
  otherApprover: ({ devnet }) => devnet.controls.gate.setApprover("mike.near"),
  stuck: ({ devnet }) => devnet.controls.gate.stickTail().done,
  foreignPending: ({ devnet }) => devnet.controls.gate.foreignPending().done,
  keystoreNotReady: ({ devnet }) => devnet.controls.keystore.setReadiness("not_ready"),
  locked: ({ devnet }) => devnet.controls.verifier.setLocked(devnet.wallets[0]?.accountId ?? "", true),
  noNear: ({ devnet }) => devnet.controls.accounts.setBalance(devnet.wallets[0]?.accountId ?? "", 0n),
} satisfies { readonly [name: string]: (system: System) => unknown };

/** What the verifier keeps of what is given, at its fee of one millionth. */
const delivered = (amount: bigint) => amount - (amount + 999_999n) / 1_000_000n;

async function stepOf({ devnet }: System, one: Draft): Promise<object> {
  switch (one.kind) {
    case "transfer":
      return transfer(one.amount, one.token);
    case "swap": {
      const diff = { [wrap]: String(delivered(one.give)), [usdc]: `-${one.get}` };
      const signed = await signIntents(devnet, "wallet-2", [{ intent: "token_diff", diff }]);
      const wanted = delivered(one.get) + (one.isOff ? 1n : 0n);
      return {
        kind: "intents.swap",
        token_in: wrap,
        token_out: usdc,
        amount_in: String(one.give),
        min_amount_out: String(wanted),
        counterparty_signed: [signed],
      };
    }
    case "call":
      return registerStep(one.value);
    case "nobody":
      return { ...registerStep(1), receiver_id: "nobody.near" };
    case "bare":
      return { ...registerStep(1), receiver_id: "relayer.sequential.near" };
    case "reject":
      return { receiver_id: "count.mike.near", method_name: "increase" };
    case "setup":
      return { kind: "funding.wrap_near", amount: "1" };
  }
}

/** With which code a workflow ends, or for what it waits, when a check fails. */
const codes: { readonly [check: string]: readonly string[] } = {
  plan: ["planner_rejected", "none"],
  gate_tail: ["gate_busy", "gate_stuck"],
  clock_skew: ["clock_skew"],
  relayer_whitelisted: ["relayer_not_whitelisted"],
  gate_approver: ["approver_rotated"],
  gate_fee: ["fee_mismatch"],
  relayer_balance: ["balance_low"],
  approver_balance: ["balance_low"],
  gate_balance: ["balance_low"],
  keystore: ["keystore_unavailable"],
  verifier_lock: ["dispatch_failed"],
  receiver_account: ["receiver_not_found"],
  receiver_code: ["receiver_has_no_code"],
  wallet_tokens: ["insufficient_balance"],
  policy: ["policy_denied", "requires_approval"],
  simulation: ["dispatch_failed"],
};

/** The codes that the failing checks stand for. What was not checked stands for what kept it from being. */
function codesOf({ abort_reasons, checks }: Preflight): readonly string[] {
  return checks
    .filter(
      ({ name, message }) =>
        abort_reasons.includes(name) && (name === "keystore" || !message.startsWith("not checked")),
    )
    .flatMap(({ name }) => codes[name] ?? [`a code for ${name}`]);
}

/** How it ends, or what it waits for: whichever is known first. */
async function outcomeOf(system: System, steps: readonly object[]): Promise<string> {
  const requestId = await system.rest().begin(steps);
  const isKnown = (record: Ending) =>
    record.retry_after_ms === null ||
    record.error_code !== null ||
    (record.queue !== null && record.queue.waiting_for !== "turn");
  const record: Ending = await system.rest().until(requestId, isKnown);
  if (record.queue !== null && record.queue.waiting_for !== "turn") return record.queue.waiting_for;
  return record.status === "succeeded" ? "succeeded" : (record.error_code ?? "none");
}

interface Ending {
  readonly status: string;
  readonly error_code: string | null;
  readonly retry_after_ms: number | null;
  readonly queue: { readonly waiting_for: string } | null;
}

/** Few, since each has a world of its own; the seed makes them the same ones every time. */
const parameters = { numRuns: 25, seed: 20_260_424, endOnFailure: true };

describe("plan, preflight and execution", () => {
  it("agree on random workflows in random worlds", async () => {
    const seen = new Map<string, number>();
    const world = fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      {
        weight: 3,
        arbitrary: fc.subarray(Object.keys(troubles) as (keyof typeof troubles)[], { minLength: 1, maxLength: 2 }),
      },
    );
    const property = fc.asyncProperty(fc.array(draft, { minLength: 1, maxLength: 4 }), world, (drafts, names) =>
      withSystem({}, async (system) => {
        const steps = await Promise.all(drafts.map((one) => stepOf(system, one)));
        for (const name of names) await troubles[name](system);
        system.devnet.controls.blocks.mine({ blocks: 3 });
        const plan = (await system.rest().post("/workflows/plan", { steps })).body;
        const found = await preflight(system, steps);
        assert.deepEqual(found.plan, plan);
        assert.equal(found.checks.find(({ name }) => name === "plan")?.ok, plan.executable);
        const outcome = await outcomeOf(system, steps);
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        const expected = found.ready ? ["succeeded"] : codesOf(found);
        assert.ok(expected.includes(outcome), `preflight said ${expected.join()}, execution came to ${outcome}`);
      }),
    );
    await fc.assert(property, parameters);
    // Otherwise the worlds were not random enough to show anything.
    for (const outcome of ["succeeded", "planner_rejected", "insufficient_balance", "dispatch_failed", "balance_low"]) {
      assert.ok(seen.has(outcome), `no run came to ${outcome}: ${JSON.stringify([...seen])}`);
    }
  }).timeout(180_000);
});

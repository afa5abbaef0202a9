import assert from "node:assert/strict";
import { Code, type Environment, Refusal } from "@outlayer/kit";
import { Actor, signIntents } from "./support/actors.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { type Check, failing, preflight, walletKey } from "./support/preflight.ts";
import { dust, registerStep, transfer } from "./support/steps.ts";
import { internalToken, type System, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

const three = [dust, dust, dust];
const near = 10n ** 24n;
const relayerId = "relayer.sequential.near";
const approverId = "approver.sequential.near";
const gateId = "gate.sequential.near";
const realCode = "B6UXBwbuk6JYorjDTqJJyqq7yn9kc7wjcdW4ggzvbkXB";
const otherCode = "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi";

/** What was changed by hand at the head is seen at the final block after this. */
function makeFinal({ devnet }: System): void {
  devnet.controls.blocks.mine({ blocks: 3 });
}

const operatorChecks = [
  "rpc",
  "gate_code",
  "gate_owner",
  "gate_pending",
  "gate_tail",
  "relayer_whitelisted",
  "gate_approver",
  "gate_fee",
  "relayer_balance",
  "approver_balance",
  "gate_balance",
  "relayer_key",
  "approver_key",
  "keystore",
];
const walletChecks = [
  "wallet_account",
  "wallet_near",
  "receiver_account",
  "receiver_code",
  "deadline",
  "delegate_nonce",
  "verifier_key",
  "verifier_lock",
  "wallet_tokens",
  "policy",
  "simulation",
];

const wallet = ({ devnet }: System) => {
  const [first] = devnet.wallets;
  if (first === undefined) throw new Error("the devnet has no wallet");
  return first;
};

const publicKeyOf = (system: System, accountId: string) => new Actor(system.devnet, accountId).publicKey;

/** A check that fails because another one does. */
const notSimulated = {
  name: "simulation",
  class: "blocking",
  expected: "",
  actual: "",
  message: "not checked: the wallet's policy does not let it through",
} as const;

interface Case {
  readonly title: string;
  readonly environment?: Environment;
  /** One plain call where there is none. */
  readonly steps?: (system: System) => readonly unknown[] | Promise<readonly unknown[]>;
  readonly prepare?: (system: System) => unknown;
  /** Every check that fails. */
  readonly fails: (system: System) => readonly Omit<Check, "ok">[];
  /** What becomes of the same workflow when it is executed. */
  readonly executed: { readonly waitsFor: string } | { readonly status: string; readonly code: string | null };
}

const succeeds = { status: "succeeded", code: null };
const fails = (code: string) => ({ status: "failed", code });

const cases: readonly Case[] = [
  {
    title: "a gate that runs other code",
    executed: succeeds,
    environment: { GATE_CODE_HASH: otherCode },
    fails: () => [
      {
        name: "gate_code",
        class: "advisory",
        expected: otherCode,
        actual: realCode,
        message: "the gate runs other code than was agreed",
      },
    ],
  },
  {
    title: "a gate with another owner",
    executed: succeeds,
    environment: { GATE_OWNER_ID: "mike.near" },
    fails: () => [
      {
        name: "gate_owner",
        class: "advisory",
        expected: "mike.near",
        actual: "sequential.near",
        message: "the gate's owner is sequential.near, not mike.near",
      },
    ],
  },
  {
    title: "intents of others, pending",
    executed: succeeds,
    prepare: ({ devnet }) => devnet.controls.gate.foreignPending(2).done,
    fails: () => [
      {
        name: "gate_pending",
        class: "advisory",
        expected: "none of others",
        actual: "2 of others",
        message: "2 intents of others are pending on the gate: a chain of theirs may start at any time",
      },
    ],
  },
  {
    title: "a stuck tail",
    steps: () => three,
    executed: { waitsFor: "gate_stuck" },
    prepare: ({ devnet }) => devnet.controls.gate.stickTail().done,
    fails: ({ devnet }) => [
      {
        name: "gate_tail",
        class: "waiting",
        expected: "empty, or ours",
        actual: devnet.controls.gate.state.tail.join(),
        message: "the gate is stuck: its owner has to reset the batch tail",
      },
    ],
  },
  {
    title: "a relayer that is not whitelisted",
    executed: fails("relayer_not_whitelisted"),
    prepare: ({ devnet }) => devnet.controls.gate.setRelayer(relayerId, false),
    fails: () => [
      {
        name: "relayer_whitelisted",
        class: "blocking",
        expected: "whitelisted",
        actual: "not whitelisted",
        message: `the gate does not accept ${relayerId} as a relayer`,
      },
    ],
  },
  {
    title: "an approver that was rotated",
    executed: fails("approver_rotated"),
    prepare: ({ devnet }) => devnet.controls.gate.setApprover("mike.near"),
    fails: () => [
      {
        name: "gate_approver",
        class: "blocking",
        expected: approverId,
        actual: "mike.near",
        message: `the gate's approver is mike.near, not ${approverId}`,
      },
    ],
  },
  {
    title: "a fee that differs from the agreed one",
    executed: fails("fee_mismatch"),
    prepare: ({ devnet }) => devnet.controls.gate.setTiers([[12, 31n]]),
    fails: () => [
      {
        name: "gate_fee",
        class: "blocking",
        expected: "30000000000000000000000",
        actual: "31",
        message: "the gate asks 31 yoctoNEAR for up to 12 calls, agreed were 30000000000000000000000",
      },
    ],
  },
  {
    title: "a relayer without enough NEAR",
    executed: { waitsFor: "balance_low" },
    prepare: ({ devnet }) => devnet.controls.accounts.setBalance(relayerId, near / 10n),
    steps: () => three,
    fails: () => [
      {
        name: "relayer_balance",
        class: "waiting",
        expected: "at least 765000000000000000000000",
        actual: "100000000000000000000000",
        message:
          "the relayer holds 100000000000000000000000 yoctoNEAR, but a run of 3 calls needs 765000000000000000000000",
      },
    ],
  },
  {
    title: "an approver without enough NEAR",
    executed: { waitsFor: "balance_low" },
    prepare: ({ devnet }) => devnet.controls.accounts.setBalance(approverId, near / 10n),
    fails: () => [
      {
        name: "approver_balance",
        class: "waiting",
        expected: "at least 135000000000000000000000",
        actual: "100000000000000000000000",
        message:
          "the approver holds 100000000000000000000000 yoctoNEAR, but a run of 1 call needs 135000000000000000000000",
      },
    ],
  },
  {
    title: "a gate without enough NEAR for what the calls attach",
    executed: { waitsFor: "balance_low" },
    environment: { GATE_MAX_DEPOSIT_YOCTO: "1" },
    prepare: ({ devnet }) => devnet.controls.accounts.setBalance(gateId, near / 100n),
    steps: () => [{ ...registerStep(1), deposit: "1" }],
    fails: () => [
      {
        name: "gate_balance",
        class: "waiting",
        expected: "at least 10000000000000000000001",
        actual: "10000000000000000000000",
        message: "the gate holds 10000000000000000000000 yoctoNEAR, but a run of 1 call needs 10000000000000000000001",
      },
    ],
  },
  {
    title: "a relayer's key that is gone",
    executed: { waitsFor: "no_usable_key" },
    prepare: (system) => system.devnet.controls.accounts.deleteKey(relayerId, publicKeyOf(system, relayerId)),
    fails: (system) => {
      const key = publicKeyOf(system, relayerId);
      const expected = `${key} may call submit_intent`;
      const message = `${key} is not on ${relayerId}`;
      return [{ name: "relayer_key", class: "waiting", expected, actual: "not there", message }];
    },
  },
  {
    title: "an approver's key that cannot attach the fee",
    executed: { waitsFor: "no_usable_key" },
    prepare: (system) =>
      system.devnet.controls.accounts.addKey(approverId, publicKeyOf(system, approverId), {
        kind: "functionCall",
        receiverId: gateId,
        methodNames: [],
        allowance: null,
      }),
    fails: (system) => {
      const key = publicKeyOf(system, approverId);
      const expected = `${key} may call resume_intent`;
      const message = `${key} of ${approverId} may not call resume_intent of ${gateId}`;
      return [{ name: "approver_key", class: "waiting", expected, actual: "not allowed to", message }];
    },
  },
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
    title: "a swap that does not balance",
    executed: fails("dispatch_failed"),
    environment: { INTENTS_DEADLINE_SECS: "4" },
    steps: async ({ devnet }) => {
      const diff = { "nep141:wrap.near": "999", "nep141:usdc.near": "-400" };
      const others = await signIntents(devnet, "wallet-2", [{ intent: "token_diff", diff }]);
      return [dust, { ...swap, amount_in: "1000", min_amount_out: "401", counterparty_signed: [others] }];
    },
    fails: () => {
      const actual = `unmatched_deltas ${JSON.stringify({ [blockingToken]: "2", "nep141:usdc.near": "2" })}`;
      const message = `step 2 of 2 does not balance in the verifier as it should: ${actual}`;
      return [{ ...simulationFails(2), actual, message }];
    },
  },
];

const callOfNobody = { ...registerStep(1), receiver_id: "nobody.near" };

function simulationFails(steps: number) {
  const expected = `unmatched_deltas ${JSON.stringify({ [blockingToken]: String(steps) })}`;
  return { name: "simulation", class: "blocking", expected } as const;
}

const blockingToken = "nep141:f7f30829afbce96ff744c370f3b3a7c6a2216c7168c7881d5f1a3864b864b687";

const transferIntent = { intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } };
const swap = { kind: "intents.swap", token_in: "wrap.near", token_out: "usdc.near" };

/** Executes it, and holds what becomes of it to what was said before. */
async function assertExecuted(system: System, steps: readonly unknown[], executed: Case["executed"]): Promise<void> {
  const requestId = await system.rest().begin(steps);
  if ("waitsFor" in executed) {
    await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === executed.waitsFor);
    return;
  }
  const { status, error_code, user_visible_error } = await system.rest().ended(requestId);
  assert.deepEqual({ status, code: error_code }, executed, user_visible_error);
}

describe("preflight", () => {
  it("finds gate, operator and wallet ready, by every check, where a run succeeds", () =>
    withSystem({ environment: { GATE_CODE_HASH: realCode, GATE_OWNER_ID: "sequential.near" } }, async (system) => {
      const gate = await preflight(system);
      assert.deepEqual(
        gate.checks.map(({ name }) => name),
        operatorChecks,
      );
      assert.deepEqual([gate.ready, failing(gate), gate.plan], [true, [], null]);
      const steps = [dust, registerStep(1), transfer("7", "usdc.near")];
      const found = await preflight(system, steps);
      assert.deepEqual(
        found.checks.map(({ name }) => name),
        ["plan", ...operatorChecks, ...walletChecks],
      );
      assert.deepEqual([found.ready, failing(found)], [true, []]);
      const plan = (await system.rest().post("/workflows/plan", { steps })).body;
      assert.deepEqual(found.plan, plan);
      const { height } = system.devnet.chain.head;
      assert.ok(Math.abs(Number(height) - (found.final_height ?? 0)) < 50);
      const simulation = found.checks.find(({ name }) => name === "simulation");
      assert.equal(simulation?.actual, `unmatched_deltas ${JSON.stringify({ [blockingToken]: "2" })}`);
      await assertExecuted(system, steps, succeeds);
    }));

  for (const { title, environment = {}, steps = () => [registerStep(1)], prepare, fails, executed } of cases) {
    it(`tells of ${title}, and of nothing else, as execution does`, () =>
      withSystem({ environment: { QUEUE_TIMEOUT_SECS: "60", ...environment } }, async (system) => {
        await prepare?.(system);
        makeFinal(system);
        const asked = await steps(system);
        const found = await preflight(system, asked);
        assert.deepEqual(
          failing(found),
          fails(system).map((check) => ({ ...check, ok: false })),
        );
        await assertExecuted(system, asked, executed);
      }));
  }

  it("a run succeeds with what its checks ask for and not a yocto more (rule: blocking-checks-come-before-signing)", () =>
    withSystem({}, async (system) => {
      const { accounts } = system.devnet.controls;
      const needs = (await preflight(system, three)).checks.flatMap(({ name, expected }) => {
        const least = /^at least (\d+)$/.exec(expected)?.[1];
        return name.endsWith("_balance") && least !== undefined ? [[name, BigInt(least)] as const] : [];
      });
      assert.equal(needs.length, 3);
      const owners = new Map([
        ["relayer_balance", relayerId],
        ["approver_balance", approverId],
        ["gate_balance", gateId],
      ]);
      for (const [name, least] of needs) accounts.setBalance(owners.get(name) ?? "", least);
      makeFinal(system);
      assert.equal((await preflight(system, three)).ready, true);
      await assertExecuted(system, three, succeeds);
    }));

  it("tells of a gate that somebody else's chain holds, by its tail and its pending intents", () =>
    withSystem({}, async (system) => {
      const { gate, blocks } = system.devnet.controls;
      await gate.foreignChain(12).done;
      blocks.stop();
      makeFinal(system);
      const requestId = await system.rest().begin([dust, dust]);
      const found = await preflight(system);
      blocks.go();
      assert.deepEqual(found.abort_reasons, ["gate_tail"]);
      const tail = found.checks.find(({ name }) => name === "gate_tail");
      assert.equal(tail?.message, "the gate is held by somebody else's chain");
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded");
    }));

  it("knows its own chain and its own pending intents from others'", () =>
    withSystem({}, async (system) => {
      const requestId = await system.rest().begin(Array.from({ length: 12 }, () => registerStep(1)));
      const { gate, blocks } = system.devnet.controls;
      await waitUntil(() => gate.state.tail.length > 0, "a chain on the gate");
      blocks.stop();
      makeFinal(system);
      const found = await preflight(system);
      blocks.go();
      assert.deepEqual([found.ready, failing(found)], [true, []]);
      assert.equal(found.checks.find(({ name }) => name === "gate_tail")?.message, "a chain of ours runs on the gate");
      assert.equal(found.checks.find(({ name }) => name === "gate_pending")?.actual, "none of others");
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
    }));

  it("fails what it cannot check, and says why: a keystore that is not ready", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const message = "not checked: the keystore is not ready";
      const gate = await preflight(system);
      assert.deepEqual(failing(gate), [
        { name: "keystore", class: "waiting", ok: false, expected: "", actual: "", message },
      ]);
      const found = await preflight(system, three);
      const needsNone = ["receiver_account", "receiver_code", "deadline"];
      const needsTheWallet = walletChecks.filter((name) => !needsNone.includes(name));
      assert.deepEqual(
        failing(found).map(({ name, message }) => [name, message]),
        ["keystore", ...needsTheWallet].map((name) => [name, message]),
      );
      assert.equal(found.checks[0]?.message, "the plan is executable, but for what needs wallet_account");
      assert.deepEqual(found.plan?.unchecked, ["wallet_account"]);
      await assertExecuted(system, three, { waitsFor: "keystore_unavailable" });
    }));

  it("fails what it cannot check, and says why: a keystore that refuses", () =>
    withSystem({ environment: { KEYSTORE_AUTH_TOKEN: "another-token" } }, async (system) => {
      const found = await preflight(system);
      const message = "keystore refused: Invalid coordinator token";
      assert.deepEqual(failing(found), [
        { name: "keystore", class: "blocking", ok: false, expected: "ready", actual: "refuses", message },
      ]);
      await assertExecuted(system, [registerStep(1)], { status: "failed", code: "keystore_refused" });
    }));

  it("takes a keystore that wants approvals at the signature for what it is", () => {
    const text = "keystore refused: Wallet requires 1 approvals";
    const wrap = misbehavingSigner({
      simulated() {
        throw new Refusal(Code.FailedPrecondition, text, { reason: "APPROVAL_REQUIRED" });
      },
    });
    return withSystem({ wrap }, async (system) => {
      const found = await preflight(system, [dust]);
      assert.deepEqual(failing(found), [
        {
          name: "policy",
          class: "blocking",
          ok: false,
          expected: "allowed",
          actual: "requires approval",
          message: text,
        },
        { ...notSimulated, ok: false, message: `not checked: ${text}` },
      ]);
    });
  });

  it("fails what it cannot check, and says why: an RPC node that is away", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.rpc.setAway(true);
      const found = await preflight(system);
      const message = "not checked: NEAR's RPC does not answer";
      assert.deepEqual(
        failing(found).map(({ name, message }) => [name, message]),
        operatorChecks.filter((name) => name !== "keystore").map((name) => [name, message]),
      );
      assert.equal(found.final_height, null);
      await assertExecuted(system, [registerStep(1)], { waitsFor: "rpc_unavailable" });
    }));

  it("holds the steps to the wallet's account where nobody knew it at planning", () =>
    withSystem({}, async (system) => {
      const own = { ...dust, receiver_id: wallet(system).accountId };
      const fault = { kind: "server_error" } as const;
      const method = "/wallet/derive-address";
      system.devnet.controls.faults.add({ target: "keystore", method, count: 1, fault });
      const found = await preflight(system, [own]);
      const message = "step 1 of 1 transfers to the wallet's own account";
      assert.deepEqual(
        failing(found).map(({ name, class: kind, message }) => [name, kind, message]),
        [
          ["wallet_account", "blocking", message],
          ["policy", "blocking", `not checked: ${message}`],
          ["simulation", "blocking", `not checked: ${message}`],
        ],
      );
      await assertExecuted(system, [own], { status: "rejected", code: "planner_rejected" });
    }));

  it("asks nobody about a plan that is not executable, and says what executing it would come to", () =>
    withSystem({}, async (system) => {
      const { controls } = system.devnet;
      const plans = [
        [
          [{ receiver_id: "count.mike.near", method_name: "increase" }],
          "rejected",
          "ambiguous normal calls must be classified before policy checks or signing",
        ],
        [[{ kind: "funding.wrap_near", amount: "1" }], "requires_funding_setup", undefined],
        [
          [
            {
              kind: "near.function_call",
              receiver_id: "pool.near",
              method_name: "withdraw",
              predecessor_requirement: "user_required",
            },
          ],
          "requires_direct_user_setup",
          undefined,
        ],
        [[{ ...dust, amount: "0" }], "rejected", undefined],
        [[], "rejected", "workflow contains no executable gate_proxy steps"],
      ] as const;
      await preflight(system);
      controls.counters.reset();
      for (const [steps, status, message] of plans) {
        const found = await preflight(system, steps);
        const executed = await system.rest().execute(steps);
        assert.equal(executed.body.status, status);
        const said = { name: "plan", class: "blocking", ok: false, expected: "executable", actual: status };
        assert.deepEqual(found.checks, [{ ...said, message: executed.body.user_visible_error }]);
        if (message !== undefined) assert.equal(found.checks[0]?.message, message);
        assert.equal(found.final_height, null);
        assert.deepEqual(found.plan, executed.body.plan_json);
      }
      assert.deepEqual(controls.counters.snapshot().keystore, {});
    }));

  it("refuses a body that cannot be read, as the plan does", () =>
    withSystem({}, async (system) => {
      for (const body of ['{"steps":', '{"steps":[{"kind":"intents.transfer","amount":5}]}', '{"private_key":"x"}']) {
        const planned = await system.rest().post("/workflows/plan", body);
        const asked = await system.rest().post("/workflows/preflight", body);
        assert.equal(asked.status, 400);
        assert.equal(asked.body.message, planned.body.message);
      }
    }));

  it("answers the same over gRPC", () =>
    withSystem({}, async (system) => {
      const ask = async (request: object) => {
        const response = await fetch(`${system.product.http.planner}/outlayer.planner.v1.PlannerService/Preflight`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-wallet-id": "wallet-1",
            "x-internal-wallet-auth": internalToken,
          },
          body: JSON.stringify(request),
        });
        assert.equal(response.status, 200);
        return ((await response.json()) as { preflight: { checks: { name: string; ok: boolean }[] } }).preflight;
      };
      const steps = [{ kind: "intents.transfer", token: "wrap.near", amount: "7", receiver_id: "mike.near" }];
      const byRest = await preflight(system, steps);
      for (const request of [{ workflow: { steps } }, { workflowJson: JSON.stringify({ steps }) }]) {
        const { checks } = await ask(request);
        assert.deepEqual(
          checks.map(({ name, ok }) => [name, ok]),
          byRest.checks.map(({ name, ok }) => [name, ok]),
        );
      }
      const gate = await ask({});
      assert.deepEqual(
        gate.checks.map(({ name }) => name),
        operatorChecks,
      );
    }));
});

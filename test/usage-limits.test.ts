import assert from "node:assert/strict";
import type { PolicyDocument } from "@outlayer/devnet";
import { Actor, signIntents } from "./support/actors.ts";
import { ForgetfulEvidence } from "./support/forgetful-evidence.ts";
import { eventsOf } from "./support/history.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { MovingClock, pastDeadlinesMs } from "./support/moving-clock.ts";
import { deadlineOnly } from "./support/on-chain.ts";
import type { Answer } from "./support/rest-client.ts";
import { describeShapes, itEmbedded, type Shape } from "./support/shapes.ts";
import { chainsRegister, registerStep, transfer } from "./support/steps.ts";
import { type System, startSystem, withSystem } from "./support/system.ts";
import { type Time, withTime } from "./support/with-time.ts";

const wrap = "nep141:wrap.near";
const usdc = "nep141:usdc.near";
const hourMs = 3_600_000;

/** A Tuesday, in the middle of an hour, a day and a month. */
const tuesday = "2026-06-16T10:20:00Z";

type Limits = NonNullable<NonNullable<PolicyDocument["rules"]>["limits"]>;

function setRules(system: System, rules: PolicyDocument["rules"], walletId = "wallet-1"): void {
  system.devnet.controls.wallets.setPolicy(walletId, rules === undefined ? {} : { rules });
}

const setLimits = (system: System, limits: Limits) => setRules(system, { limits });

function assertDenied({ status, body }: Answer, reason: string): void {
  assert.deepEqual(
    [status, body.status, body.error_code, body.user_visible_error],
    [400, "policy_denied", "policy_denied", `policy denied before signing: ${reason}`],
  );
}

function assertSucceeded({ status, body }: Answer): void {
  assert.deepEqual([status, body.status], [200, "succeeded"], body.user_visible_error);
}

/** The rules of time need a time that stands still; a distributed system has only the real one. */
const timeOf = (shape: Shape) => (shape === "embedded" ? { clock: new MovingClock(tuesday) } : {});

describeShapes("a wallet's policy, rule by rule: what it denies, in the keystore's words", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape, ...timeOf(shape) });
  });
  after(() => system.stop());

  const withdrawal = {
    kind: "intents.execute_raw",
    intents: [{ intent: "ft_withdraw", token: "wrap.near", receiver_id: "mike.near", amount: "1" }],
  };
  const [six, five, one] = [transfer("6"), transfer("5"), transfer("1")];
  const inUsdc = transfer("6", usdc);

  const rows: readonly [name: string, rules: PolicyDocument["rules"], steps: readonly object[], reason: string][] = [
    ["types", { transaction_types: ["intents_swap"] }, [one], "Transaction type 'call' is not allowed by policy"],
    [
      "types, of an intent alone",
      { transaction_types: ["call"] },
      [one, withdrawal],
      "Transaction type 'intents_withdraw' is not allowed by policy",
    ],
    ["tokens", { allowed_tokens: ["native", usdc] }, [one], `Token '${wrap}' is not allowed by policy`],
    ["tokens, of the call itself", { allowed_tokens: [wrap] }, [one], "Token 'native' is not allowed by policy"],
    [
      "addresses, listed",
      { addresses: { mode: "whitelist", list: ["intents.near", "anna.near"] } },
      [one],
      "Address 'mike.near' is not in whitelist",
    ],
    [
      "addresses, of the call itself",
      { addresses: { mode: "whitelist", list: ["mike.near"] } },
      [one],
      "Address 'intents.near' is not in whitelist",
    ],
    [
      "addresses, banned",
      { addresses: { mode: "blacklist", list: ["mike.near"] } },
      [one],
      "Address 'mike.near' is blacklisted",
    ],
    [
      "a limit per transaction",
      { limits: { per_transaction: { [wrap]: "5" } } },
      [five, six],
      `Per-transaction limit exceeded for ${wrap}: 6 > 5`,
    ],
    [
      "a limit per transaction for any token",
      { limits: { per_transaction: { [wrap]: "6", "*": "5" } } },
      [six, inUsdc],
      `Per-transaction limit exceeded for ${usdc}: 6 > 5`,
    ],
    [
      "an hourly limit, earlier steps counted",
      { limits: { hourly: { [wrap]: "10" } } },
      [five, six],
      `Hourly limit exceeded for ${wrap}: 5 + 6 > 10`,
    ],
    [
      "a daily limit, earlier steps counted",
      { limits: { daily: { [wrap]: "10" } } },
      [five, six],
      `Daily limit exceeded for ${wrap}: 5 + 6 > 10`,
    ],
    [
      "a monthly limit, earlier steps counted",
      { limits: { monthly: { "*": "10" } } },
      [five, inUsdc, six],
      `Monthly limit exceeded for ${wrap}: 5 + 6 > 10`,
    ],
    [
      "a rate, earlier steps counted",
      { rate_limit: { max_per_hour: 1 } },
      [one, one],
      "Rate limit exceeded: 1 transactions this hour (max: 1)",
    ],
  ];
  const rowsOfTime: typeof rows = [
    [
      "hours",
      { time_restrictions: { allowed_hours: [8, 10] } },
      [one],
      "Operation not allowed at this hour (10 UTC). Allowed: 8-10",
    ],
    [
      "hours over midnight",
      { time_restrictions: { allowed_hours: [22, 6] } },
      [one],
      "Operation not allowed at this hour (10 UTC). Allowed: 22-6",
    ],
    [
      "weekdays",
      { time_restrictions: { allowed_days: [1, 3, 4, 5, 6, 7] } },
      [one],
      "Operation not allowed on weekday 2",
    ],
  ];
  const denies =
    ([, rules, steps, reason]: (typeof rows)[number]) =>
    async () => {
      setRules(system, rules);
      assertDenied(await system.rest().execute(steps), reason);
    };
  for (const row of rows) it(row[0], denies(row));
  for (const row of rowsOfTime) itEmbedded(shape, row[0], denies(row));

  it("a frozen wallet, before any rule", async () => {
    const document = { frozen: true, rules: { transaction_types: [] } };
    system.devnet.controls.wallets.setPolicy("wallet-1", document);
    assertDenied(await system.rest().execute([one]), "Wallet is frozen");
  });

  itEmbedded(shape, "nothing of a workflow that keeps to every rule to the last unit", async () => {
    setRules(system, {
      transaction_types: ["call", "intents_withdraw"],
      allowed_tokens: ["native", wrap],
      addresses: { mode: "whitelist", list: ["intents.near", "mike.near"] },
      limits: {
        per_transaction: { [wrap]: "6" },
        hourly: { "*": "11" },
        daily: { [wrap]: "11", "*": "1" },
        monthly: { [wrap]: "11" },
      },
      rate_limit: { max_per_hour: 2 },
      time_restrictions: { allowed_hours: [10, 11], allowed_days: [2] },
    });
    assertSucceeded(await system.rest().execute([five, six]));
    const counts = system.devnet.controls.counters.snapshot().keystore;
    assert.equal(counts["/wallet/sign-nep366-delegate"], 2 + 1, "nothing else was signed, the probe aside");
  });
});

describe("a wallet's usage over several workflows", () => {
  const windows = [
    ["hourly", "Hourly", hourMs],
    ["daily", "Daily", 24 * hourMs],
    ["monthly", "Monthly", 30 * 24 * hourMs],
  ] as const;
  for (const [kind, title, length] of windows) {
    it(`counts against its ${kind} limit until the window is over, a restart notwithstanding`, () =>
      withTime(tuesday, async (system, clock) => {
        setLimits(system, { [kind]: { [wrap]: "10" } });
        assertSucceeded(await system.rest().execute([transfer("2"), transfer("4")]));
        await system.restart();
        assertDenied(await system.rest().execute([transfer("5")]), `${title} limit exceeded for ${wrap}: 6 + 5 > 10`);
        assertSucceeded(await system.rest().execute([transfer("4")]));
        assertDenied(await system.rest().execute([transfer("1")]), `${title} limit exceeded for ${wrap}: 10 + 1 > 10`);
        await clock.advance(length);
        assertSucceeded(await system.rest().execute([transfer("10")]));
      }));
  }

  it("counts every step as a transaction of its hour", () =>
    withTime(tuesday, async (system, clock) => {
      setRules(system, { rate_limit: { max_per_hour: 3 } });
      assertSucceeded(await system.rest().execute([transfer("1"), registerStep(1)]));
      const reason = "Rate limit exceeded: 3 transactions this hour (max: 3)";
      assertDenied(await system.rest().execute([transfer("1"), transfer("1")]), reason);
      assertSucceeded(await system.rest().execute([transfer("1")]));
      assertDenied(await system.rest().execute([registerStep(2)]), reason);
      await clock.advance(hourMs);
      assertSucceeded(await system.rest().execute([registerStep(2)]));
    }));
});

// Within a month: the real time of the distributed shape must not end the window in the middle of a test.
describeShapes("a wallet's usage within a window", (shape) => {
  it("counts each token, and each wallet, for itself", () =>
    withSystem({ shape, ...timeOf(shape) }, async (system) => {
      for (const walletId of ["wallet-1", "wallet-2"])
        setRules(system, { limits: { monthly: { "*": "10" } } }, walletId);
      assertSucceeded(await system.rest().execute([transfer("6")]));
      assertSucceeded(await system.rest().execute([transfer("6", usdc)]));
      assertSucceeded(await system.rest("wallet-2").execute([transfer("6")]));
      assertDenied(
        await system.rest().execute([transfer("5", usdc)]),
        `Monthly limit exceeded for ${usdc}: 6 + 5 > 10`,
      );
    }));

  it("as preflight sees it too, which itself counts for nothing", () =>
    withSystem({ shape, ...timeOf(shape) }, async (system) => {
      setLimits(system, { monthly: { [wrap]: "10" } });
      assertSucceeded(await system.rest().execute([transfer("6")]));
      const ask = async (amount: string) =>
        (await system.rest().post("/workflows/preflight", { steps: [transfer(amount)] })).body;
      const over = await ask("5");
      assert.deepEqual(over.abort_reasons, ["policy", "simulation"]);
      assert.equal(
        over.checks.find(({ name }: { name: string }) => name === "policy").message,
        `policy denied before signing: Monthly limit exceeded for ${wrap}: 6 + 5 > 10`,
      );
      assert.deepEqual([(await ask("4")).ready, (await ask("4")).ready], [true, true]);
      assertSucceeded(await system.rest().execute([transfer("4")]));
    }));

  it("lets one of two workflows through that are sent at once and pass a limit together", () =>
    withSystem({ shape, ...timeOf(shape) }, async (system) => {
      setLimits(system, { monthly: { [wrap]: "10" } });
      const answers = await Promise.all([1, 2].map(() => system.rest().execute([transfer("6")])));
      const [first, second] = answers.sort((left, right) => left.status - right.status);
      assertSucceeded(first as Answer);
      assertDenied(second as Answer, `Monthly limit exceeded for ${wrap}: 6 + 6 > 10`);
    }));

  it("lets as many of twelve workflows through at once as the limit has room for", () =>
    withSystem({ shape, ...timeOf(shape) }, async (system) => {
      setLimits(system, { monthly: { [wrap]: "10" } });
      const answers = await Promise.all(Array.from({ length: 12 }, () => system.rest().execute([transfer("3")])));
      const [through, denied] = [200, 400].map((code) => answers.filter(({ status }) => status === code));
      assert.deepEqual([through?.length, denied?.length], [3, 9]);
      for (const answer of denied ?? []) assertDenied(answer, `Monthly limit exceeded for ${wrap}: 9 + 3 > 10`);
    }));
});

describe("usage is released (rule: usage-is-released-when-nothing-ran)", () => {
  it("when a workflow fails before anything of it was sent", () =>
    withTime(tuesday, async (system) => {
      const most = "100000000000000000000000001";
      setLimits(system, { daily: { [wrap]: most } });
      // As much as the limit allows, and one unit more than the wallet has.
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        const { body } = await system.rest().execute([transfer(most)]);
        assert.deepEqual([body.status, body.error_code], ["failed", "insufficient_balance"]);
      }
    }));

  it("step by step: not while one may still execute, and never for one that did", () => {
    let drained = false;
    let drain: () => Promise<void> = async () => {};
    const wrapper = misbehavingSigner({
      async answer(response, request) {
        if (request.step === 1 && !drained) {
          drained = true;
          await drain();
        }
        return response;
      },
    });
    return withTime(
      tuesday,
      async (system, clock) => {
        drain = async () => {
          const [wallet] = system.devnet.wallets;
          const left = system.devnet.controls.verifier.balanceOf(wallet?.accountId ?? "", usdc);
          const tokens = { [usdc]: String(left) };
          const intent = { intent: "transfer", receiver_id: "elsewhere.near", tokens };
          const args = { signed: [await signIntents(system.devnet, "wallet-1", [intent])] };
          const call = { receiverId: system.devnet.verifierId, methodName: "execute_intents", args };
          await new Actor(system.devnet, "mike.near").call(call);
        };
        setRules(system, { limits: { daily: { "*": "10" } }, rate_limit: { max_per_hour: 3 } });
        const requestId = await system.rest().begin([transfer("6"), transfer("6", usdc)]);
        await system.rest().until(requestId, ({ status }) => status === "settling");
        const usdcAgain = `Daily limit exceeded for ${usdc}: 6 + 5 > 10`;
        assertDenied(await system.rest().execute([transfer("5", usdc)]), usdcAgain);
        await clock.advance(pastDeadlinesMs);
        const { step_outcomes } = await system.rest().ended(requestId);
        assert.deepEqual(
          step_outcomes.map(({ outcome }: { outcome: string }) => outcome),
          ["succeeded", "failed_on_chain"],
        );
        // What succeeded counts on; what did not leaves its room, and its place in the hour, to others.
        assertDenied(await system.rest().execute([transfer("5")]), `Daily limit exceeded for ${wrap}: 6 + 5 > 10`);
        const { body } = await system.rest().execute([transfer("10", usdc)]);
        assert.equal(body.error_code, "insufficient_balance", body.user_visible_error);
        assertSucceeded(await system.rest().execute([transfer("2"), transfer("2")]));
        const reason = "Rate limit exceeded: 3 transactions this hour (max: 3)";
        assertDenied(await system.rest().execute([registerStep(1)]), reason);
      },
      { environment: deadlineOnly, wrap: wrapper },
    );
  });
});

describe("a wallet's usage after a crash", () => {
  it("between the reservation and its event is counted once", () => {
    const evidence = new ForgetfulEvidence("policyAllowed");
    return withTime(
      tuesday,
      async (system) => {
        setLimits(system, { daily: { [wrap]: "10" } });
        assertSucceeded(await system.rest().execute([transfer("10")]));
        assertDenied(await system.rest().execute([transfer("1")]), `Daily limit exceeded for ${wrap}: 10 + 1 > 10`);
        assert.ok(evidence.hasForgotten);
      },
      { wrap: evidence.wrap },
    );
  });

  it("between the release and the end is released once", () => {
    const evidence = new ForgetfulEvidence("ended");
    return withTime(
      tuesday,
      async (system) => {
        const most = "100000000000000000000000001";
        setLimits(system, { daily: { [wrap]: most } });
        for (let attempt = 1; attempt <= 2; attempt += 1) {
          const { body } = await system.rest().execute([transfer(most)]);
          assert.deepEqual([body.status, body.error_code], ["failed", "insufficient_balance"]);
        }
        assert.ok(evidence.hasForgotten);
      },
      { wrap: evidence.wrap },
    );
  });
});

describe("policy is asked again at admission when its answer is old (rule: old-policy-answer-is-asked-again)", () => {
  /** Only what is chained waits for the gate's tail. */
  const withQueue = (run: Parameters<typeof withTime>[1]) => withTime(tuesday, run, { environment: chainsRegister });

  /** Puts a workflow in a queue that does not move, lets its policy answer grow old, and lets it go on. */
  async function admittedLate(system: System, clock: Time, meanwhile: () => void): Promise<string> {
    await system.devnet.controls.gate.stickTail().done;
    const requestId = await system.rest().begin([transfer("6"), registerStep(1)]);
    await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "gate_stuck");
    await clock.advance(61_000);
    meanwhile();
    system.devnet.controls.gate.resetTail();
    await system.rest().ended(requestId);
    return requestId;
  }

  it("with the workflow's own reservation left out, which then counts once", () =>
    withQueue(async (system, clock) => {
      setLimits(system, { daily: { [wrap]: "10" } });
      const requestId = await admittedLate(system, clock, () => {});
      const record = await system.rest().record(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      const events = await eventsOf(system, requestId);
      assert.equal(events.filter((event) => event === "policy_allowed").length, 2);
      assertDenied(await system.rest().execute([transfer("5")]), `Daily limit exceeded for ${wrap}: 6 + 5 > 10`);
      assertSucceeded(await system.rest().execute([transfer("4")]));
    }));

  it("and a denial then ends it and releases what it had reserved", () =>
    withQueue(async (system, clock) => {
      setLimits(system, { daily: { [wrap]: "10" } });
      const lower = () => setLimits(system, { daily: { [wrap]: "5" } });
      const record = await system.rest().record(await admittedLate(system, clock, lower));
      assert.equal(
        record.user_visible_error,
        `policy denied before signing: Daily limit exceeded for ${wrap}: 0 + 6 > 5`,
      );
      assertSucceeded(await system.rest().execute([transfer("5")]));
    }));
});

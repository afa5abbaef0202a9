import assert from "node:assert/strict";
import { Actor, signIntents } from "./support/actors.ts";
import { transactions, view } from "./support/chain-dump.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { preflight } from "./support/preflight.ts";
import { dust, registerStep, transfer } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";
import { watchedService } from "./support/watched-service.ts";

const steps = [dust, registerStep(4), transfer("7", "nep141:usdc.near")];

/** A signed NEP-413 payload, as far as it is looked into. */
interface Payload {
  readonly payload: { readonly message: string; readonly nonce: string };
}

/** Runs with every payload that is signed for simulation collected. */
async function collecting(
  run: (system: System, signed: Payload[], token: () => string) => Promise<void>,
): Promise<void> {
  const signed: Payload[] = [];
  let token = "";
  const wrap = misbehavingSigner({
    simulated({ verdict }) {
      if (verdict.case !== "signed") return;
      token = verdict.value.blockingToken;
      signed.push(...verdict.value.payloadsJson.filter((json) => json !== "").map((json) => JSON.parse(json)));
    },
  });
  await withSystem({ wrap }, (system) => run(system, signed, () => token));
}

function callsOf({ devnet }: System, target: "rpc" | "keystore"): Record<string, number> {
  return { ...devnet.controls.counters.snapshot()[target] };
}

/** Has the verifier execute payloads in a real transaction. @returns how its receipt failed; undefined if it did not */
async function failureOf(system: System, signed: readonly object[]): Promise<string | undefined> {
  const { devnet } = system;
  const call = { receiverId: devnet.verifierId, methodName: "execute_intents", args: { signed } };
  const hash = await new Actor(devnet, "mike.near").call(call);
  const found = transactions(devnet).find(({ transaction }) => transaction.hash === hash);
  const outcome = found?.receipts.find(({ outcome }) => outcome?.outcome.executor_id === devnet.verifierId)?.outcome;
  assert.ok(outcome !== undefined && outcome !== null, "the verifier was called");
  const { status } = outcome.outcome;
  const failure = (status as { Failure?: object }).Failure;
  return failure === undefined ? undefined : JSON.stringify(failure);
}

async function balances({ devnet }: System): Promise<unknown> {
  const [wallet] = devnet.wallets;
  const args = { account_id: wallet?.accountId, token_ids: ["nep141:wrap.near", "nep141:usdc.near"] };
  return view(devnet, devnet.verifierId, "mt_batch_balance_of", args);
}

describe("preflight changes nothing", () => {
  it("sends no transaction, writes nothing to evidence, and has no delegate signed", () => {
    const noted: string[] = [];
    // The broadcaster need not renew its lease meanwhile: who renews one here is seen.
    const environment = { LEASE_SECS: "3600" };
    return withSystem({ environment, wrap: watchedService("evidence", noted) }, async (system) => {
      await preflight(system);
      noted.length = 0;
      system.devnet.controls.counters.reset();
      const before = transactions(system.devnet).length;
      for (let round = 0; round < 3; round += 1) {
        await preflight(system);
        assert.equal((await preflight(system, steps)).ready, true);
      }
      const sends = Object.keys(callsOf(system, "rpc")).filter((method) => /send|broadcast/.test(method));
      assert.deepEqual(sends, []);
      assert.equal(transactions(system.devnet).length, before);
      // Each time that it was asked is counted against the wallet's quota, and nothing else is written.
      const writes = noted.filter((method) => !/^(list|get|read|watch)/.test(method));
      assert.deepEqual(writes, Array(3 * 2).fill("countPlan"));
      const keystore = callsOf(system, "keystore");
      assert.deepEqual(Object.keys(keystore).sort(), [
        "/wallet/check-policy",
        "/wallet/derive-address",
        "/wallet/sign-nep413",
      ]);
      assert.equal(keystore["/wallet/sign-nep413"], 3 * 2);
      // The same watch does see what an execution writes.
      assert.equal((await system.rest().execute(steps)).body.status, "succeeded");
      assert.ok(["openWorkflow", "appendEvent", "reserveNonces"].every((method) => noted.includes(method)));
    });
  });

  it("signs no simulation of what policy does not allow (rule: preflight-signs-only-what-policy-allows)", () =>
    withSystem({}, async (system) => {
      const { wallets, counters } = system.devnet.controls;
      const policies = [
        { rules: { limits: { per_transaction: { [dust.token]: "5" } } } },
        { rules: {}, approval: { threshold: { required: 1 } } },
        { frozen: true },
      ];
      for (const policy of policies) {
        wallets.setPolicy("wallet-1", policy);
        counters.reset();
        const found = await preflight(system, steps);
        assert.deepEqual(found.abort_reasons, ["policy", "simulation"]);
        assert.equal(callsOf(system, "keystore")["/wallet/sign-nep413"], undefined);
      }
    }));
});

describe("what is signed for a simulation is never executed (rule: simulated-payload-never-balances)", () => {
  it("alone, together, with what others sign beside it, and after the workflow itself has run", () =>
    collecting(async (system, signed, token) => {
      const { devnet } = system;
      assert.equal((await preflight(system, steps)).ready, true);
      assert.equal(signed.length, 2);
      const [first, second] = signed as [Payload, Payload];
      const before = await balances(system);

      const attempts = async (when: string) => {
        const give = [{ intent: "token_diff", diff: { [token()]: "-2" } }];
        const send = [{ intent: "transfer", receiver_id: devnet.wallets[0]?.accountId, tokens: { [token()]: "1" } }];
        const batches: readonly [name: string, signed: readonly object[], error: RegExp][] = [
          ["the first alone", [first], /invariant violated/],
          ["the second alone", [second], /invariant violated/],
          ["both", [first, second], /invariant violated/],
          ["with a giver", [first, second, await signIntents(devnet, "wallet-2", give)], /insufficient balance/],
          ["with a giver before", [await signIntents(devnet, "wallet-2", give), first, second], /insufficient balance/],
          ["with a sender", [await signIntents(devnet, "wallet-2", send), first], /insufficient balance/],
          ["with its own wallet", [first, await signIntents(devnet, "wallet-1", give)], /insufficient balance/],
        ];
        for (const [name, batch, error] of batches) {
          assert.match((await failureOf(system, batch)) ?? "executed", error, `${name}, ${when}`);
        }
      };
      await attempts("before");
      // Nobody can bring the token into being: what comes from another contract is another token.
      const deposit = { sender_id: "mike.near", amount: "5", msg: devnet.wallets[1]?.accountId };
      const mike = new Actor(devnet, "mike.near");
      await mike.call({ receiverId: devnet.verifierId, methodName: "ft_on_transfer", args: deposit });
      await attempts("after a deposit");
      assert.deepEqual(await balances(system), before);

      const { body } = await system.rest().execute(steps);
      assert.equal(body.status, "succeeded", body.user_visible_error);
      const after = await balances(system);
      await attempts("after the workflow");
      assert.deepEqual(await balances(system), after);

      // The nonces belong to the simulation alone, and stay unused.
      const live = body.signed_nep413_payloads.map((json: string) => (JSON.parse(json) as Payload).payload.nonce);
      assert.equal(live.length, 2);
      for (const { payload } of signed) {
        assert.equal(live.includes(payload.nonce), false);
        const args = { account_id: devnet.wallets[0]?.accountId, nonce: payload.nonce };
        assert.equal(await view(devnet, devnet.verifierId, "is_nonce_used", args), false);
      }
    }));

  it("each time anew, for a minute at most, and only with the token that nobody can issue in it", () =>
    collecting(async (system, signed, token) => {
      const begun = system.devnet.controls.clock.now();
      await preflight(system, steps);
      await preflight(system, steps);
      assert.equal(new Set(signed.map(({ payload }) => payload.nonce)).size, 4);
      assert.match(token(), /^nep141:[0-9a-f]{64}$/);
      for (const { payload } of signed) {
        const { deadline, intents } = JSON.parse(payload.message);
        assert.deepEqual(intents[0], { intent: "token_diff", diff: { [token()]: "1" } });
        assert.equal(intents.length, 2);
        const lifeMs = Date.parse(deadline) - begun;
        assert.ok(lifeMs > 0 && lifeMs <= 70_000, deadline);
      }
      const account = { request_type: "view_account", finality: "final", account_id: token().slice("nep141:".length) };
      const response = await fetch(system.devnet.rpcUrl, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "query", params: account }),
      });
      assert.match(await response.text(), /UNKNOWN_ACCOUNT/);
    }));
});

import assert from "node:assert/strict";
import { Actor, signIntents } from "./support/actors.ts";
import { gateCalls } from "./support/chain-dump.ts";
import { corruptSignature, misbehavingSigner } from "./support/misbehaving-signer.ts";
import { MovingClock, pastDeadlinesMs, someMorning } from "./support/moving-clock.ts";
import { deadlineOnly } from "./support/on-chain.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { dust, three, transfer } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

function corruptSignatureOf(walletId: string) {
  return misbehavingSigner({
    answer(response, request) {
      if (request.walletId !== walletId || request.step !== 1) return response;
      const bytes = Buffer.from(response.signedDelegateBase64, "base64");
      bytes[bytes.length - 40] = (bytes.at(-40) ?? 0) ^ 1;
      return { ...response, signedDelegateBase64: bytes.toString("base64") };
    },
  });
}

describeShapes("decisions, on the chain", (shape) => {
  itEmbedded(
    shape,
    "a step that fails on chain leaves a record that says which, why, and until when it may still execute (rule: settling-until-nothing-is-possible)",
    () => {
      let drained = false;
      const clock = new MovingClock(someMorning);
      const usdc = transfer("5", "nep141:usdc.near");
      return withSystem(
        {
          clock,
          environment: deadlineOnly,
          wrap: misbehavingSigner({
            async answer(response, request) {
              if (request.step === 2 && !drained) {
                drained = true;
                await drain();
              }
              return response;
            },
          }),
        },
        async (system) => {
          drain = async () => {
            const [wallet] = system.devnet.wallets;
            const left = system.devnet.controls.verifier.balanceOf(wallet?.accountId ?? "", "nep141:usdc.near");
            const intent = {
              intent: "transfer",
              receiver_id: "elsewhere.near",
              tokens: { "nep141:usdc.near": String(left) },
            };
            const signed = [await signIntents(system.devnet, "wallet-1", [intent])];
            const args = { signed };
            await new Actor(system.devnet, "mike.near").call({
              receiverId: system.devnet.verifierId,
              methodName: "execute_intents",
              args,
            });
          };
          const requestId = await system.rest().begin([dust, usdc, dust], "half");
          const settling = await system.rest().until(requestId, ({ status }) => status === "settling");
          const error = "Smart contract panicked: insufficient balance or overflow";
          const until = settling.step_outcomes[1].possible_until;
          assert.deepEqual(
            settling.step_outcomes.map(({ outcome }: { outcome: string }) => outcome),
            ["succeeded", "still_possible", "succeeded"],
          );
          assert.equal(settling.step_outcomes[1].error, error);
          assert.equal(
            settling.user_visible_error,
            `step 2 of 3 failed on chain: ${error}; step 2 of 3 may still execute until ${until}; do not repeat before`,
          );
          assert.equal((await system.rest().execute([dust, usdc, dust], "half", 0)).status, 202);
          clock.advance(pastDeadlinesMs);
          const record = await system.rest().ended(requestId);
          assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
          assert.equal(record.user_visible_error, `step 2 of 3 failed on chain: ${error}`);
          assert.equal(record.step_outcomes[1].outcome, "failed_on_chain");
          assert.deepEqual(
            record.dispatch_receipts.map(({ status }: { status: string }) => status),
            ["success", "failure", "success"],
          );
          assert.equal(record.dispatch_receipts[1].error, error);
          assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": "-2000000000000000000" });
          assert.equal((await system.rest().execute([dust, usdc, dust], "half")).status, 400);
        },
      );
    },
  );

  let drain: () => Promise<void> = async () => {};

  itEmbedded(
    shape,
    "deltas come from our own receipts, and views that differ are called ambiguous (rule: deltas-come-from-own-receipts)",
    () => {
      let credit = () => {};
      const wrap = misbehavingSigner({
        answer(response) {
          credit();
          return response;
        },
      });
      return withSystem({ wrap }, async (system) => {
        const [wallet] = system.devnet.wallets;
        credit = () => system.devnet.controls.verifier.credit(wallet?.accountId ?? "", dust.token, 7n);
        const { body: record } = await system.rest().execute([dust]);
        assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": "-1000000000000000000" });
        const view = record.balance_views["nep141:wrap.near:intents"];
        assert.equal(view.ambiguous, true);
        assert.equal(BigInt(view.before) - BigInt(view.after), 999_999_999_999_999_993n);
      });
    },
  );

  itEmbedded(shape, "leftovers time out free of charge (rule: leftovers-time-out)", () => {
    const clock = new MovingClock(someMorning);
    return withSystem({ clock, environment: deadlineOnly, wrap: corruptSignature(1) }, async (system) => {
      const requestId = await system.rest().begin(three);
      await system.rest().until(requestId, ({ status }) => status === "settling");
      clock.advance(pastDeadlinesMs);
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "failed");
      assert.equal(gateCalls(system.devnet, "resume_intent").length, 0);
      assert.equal(record.fees.gate_fee_yocto, "0");
    });
  });

  itEmbedded(shape, "leftovers that hold up others for want of balance are rejected (rule: leftovers-time-out)", () => {
    const clock = new MovingClock(someMorning);
    return withSystem({ clock, environment: deadlineOnly, wrap: corruptSignatureOf("wallet-1") }, async (system) => {
      const { controls, relayer } = system.devnet;
      controls.accounts.setBalance(relayer.accountId, 12n * 10n ** 23n);
      controls.blocks.mine({ blocks: 3 });
      const failing = await system.rest("wallet-1").begin(three);
      await system.rest("wallet-1").until(failing, ({ status }) => status === "settling");
      const other = await system.rest("wallet-2").begin(three);
      assert.equal((await system.rest("wallet-2").ended(other)).status, "succeeded");
      clock.advance(pastDeadlinesMs);
      const record = await system.rest("wallet-1").ended(failing);
      const rejects = gateCalls(system.devnet, "resume_intent");
      assert.ok(rejects.length >= 1, "leftovers were rejected");
      assert.equal(record.resume_tx_hashes.length, rejects.length);
      assert.equal(record.resume_tx_hash, null);
      assert.equal(record.fees.gate_fee_yocto, String(BigInt(rejects.length) * 30_000_000_000_000_000_000_000n));
    });
  });
});

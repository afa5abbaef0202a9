import assert from "node:assert/strict";
import { keyPairFromSeed } from "@outlayer/near";
import { Actor, signIntents } from "./support/actors.ts";
import { gateCalls, gateTrace } from "./support/chain-dump.ts";
import { eventsOf } from "./support/history.ts";
import { corruptSignature, misbehavingSigner } from "./support/misbehaving-signer.ts";
import { MovingClock } from "./support/moving-clock.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { dust, registerStep, transfer } from "./support/steps.ts";
import { type System, type SystemOptions, withSystem } from "./support/system.ts";

const three = [dust, dust, dust];

/** Steps stay possible until their payloads' deadline. */
const deadlineOnly = { SETTLE_BY_CANCEL: "false" };

/** Waits until the product has handed in that many transactions. */
async function sends(system: System, count: number): Promise<void> {
  const { counters } = system.devnet.controls;
  while ((counters.snapshot().rpc.send_tx ?? 0) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits until the product has seen the newest block for a while and sends nothing any more. */
async function quiet(system: System): Promise<void> {
  const { counters } = system.devnet.controls;
  const count = (method: string) => counters.snapshot().rpc[method] ?? 0;
  for (let sent = -1; sent !== count("send_tx"); ) {
    sent = count("send_tx");
    const polls = count("block");
    // Catching up with many blocks asks for each of them.
    while (count("block") < polls + 150) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Each of the gate's accepted submissions, by delegate. */
function submittedDelegates(system: System): readonly string[] {
  return gateCalls(system.devnet, "submit_intent").map(({ transaction }) => {
    const args = Buffer.from(transaction.actions[0]?.FunctionCall?.args ?? "", "base64").toString();
    return JSON.parse(args).signed_delegate as string;
  });
}

const dispatches = (system: System) => gateTrace(system.devnet).filter(({ ev }) => ev === "intent_dispatched").length;

describeShapes("decisions, on the chain", (shape) => {
  it("a transaction that cannot land any more is signed anew, with the same delegate in it (rule: signed-anew-only-when-dead)", () =>
    withSystem({ shape }, async (system) => {
      // The first submission arrives behind the others, whose higher nonces have landed by then.
      const { faults, blocks } = system.devnet.controls;
      const late = { kind: "arrive_late", blocks: 4 } as const;
      const rule = faults.add({ target: "rpc", method: "send_tx", count: 1, fault: late });
      blocks.stop();
      const requestId = await system.rest().begin(three);
      await sends(system, 3);
      blocks.go();
      const record = await system.rest().ended(requestId);
      assert.equal(
        faults.rules.some(({ id }) => id === rule.id),
        false,
        "the fault happened",
      );
      assert.equal(record.status, "succeeded", record.user_visible_error);
      const delegates = submittedDelegates(system);
      assert.equal(new Set(delegates).size, 3);
      assert.equal(dispatches(system), 3);
      assert.ok((await eventsOf(system, requestId)).includes("transaction_dead"));
    }));

  it("what a node does not know is followed, sent again as it is, and never called failed (rule: unknown-is-never-failed)", () =>
    withSystem({ shape, environment: { NEAR_POLL_TIMEOUT_SECS: "1" } }, async (system) => {
      // Nothing that is sent arrives, and nobody can tell: it might still.
      system.devnet.controls.faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "reset" } });
      const requestId = await system.rest().begin(three);
      const unknown = await system.rest().until(requestId, ({ error_code }) => error_code === "outcome_unknown");
      assert.equal(unknown.status, "submitting");
      assert.equal(
        unknown.user_visible_error,
        "it is not known yet whether what was sent has landed; it is still followed",
      );
      system.devnet.controls.faults.clear();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(record.error_code, null);
      assert.deepEqual(record.submit_tx_hashes, unknown.submit_tx_hashes);
      assert.equal(submittedDelegates(system).length, 3);
    }));

  it("ids of a fork that lost are withdrawn, and the resume that named them lands nowhere (rule: resume-stands-on-the-blocks-it-saw)", () =>
    withSystem({ shape }, async (system) => {
      const { blocks } = system.devnet.controls;
      // The chain stands still but for what the test lets happen, so that the ids are in the newest block.
      blocks.stop();
      const requestId = await system.rest().begin(three);
      await sends(system, 3);
      blocks.mine({ blocks: 2 });
      await system.rest().until(requestId, ({ status }) => status === "resuming");
      await sends(system, 4);
      blocks.fork({ depth: 1, blocks: 2, transactions: "return" });
      blocks.go();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      const events = await eventsOf(system, requestId);
      assert.ok(events.includes("ids_withdrawn"), events.join());
      assert.equal(dispatches(system), 3);
      assert.equal(new Set(submittedDelegates(system)).size, 3);
    }));

  it("a submission that the winning fork does not have is sent again, the same bytes (rule: ids-of-a-lost-fork-are-withdrawn)", () =>
    withSystem({ shape }, async (system) => {
      const { blocks } = system.devnet.controls;
      blocks.stop();
      const requestId = await system.rest().begin(three);
      await sends(system, 3);
      blocks.mine({ blocks: 2 });
      const seen = await system.rest().until(requestId, ({ intent_ids }) => !intent_ids.includes(null));
      await sends(system, 4);
      blocks.fork({ depth: 2, blocks: 3, transactions: "drop" });
      // No block comes before that is read: it does not last.
      const withdrawn = await system.rest().until(requestId, ({ intent_ids }) => intent_ids.includes(null));
      assert.equal(withdrawn.status, "submitting");
      blocks.go();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual(record.submit_tx_hashes, seen.submit_tx_hashes);
      assert.equal(submittedDelegates(system).length, 3);
      assert.equal(dispatches(system), 3);
    }));

  describe("a grant that expires while its steps are being signed (rule: late-denial-sends-nothing)", () => {
    /** A keystore that takes more than the grants' minute over the first step, during which something happens. */
    function slowToSign(clock: MovingClock, meanwhile: (system: System) => void): SystemOptions & { system?: System } {
      const options: SystemOptions & { system?: System } = {
        clock,
        wrap: misbehavingSigner({
          answer(response, { step }) {
            if (step === 0) {
              clock.advance(61_000);
              if (options.system !== undefined) meanwhile(options.system);
            }
            return response;
          },
        }),
      };
      return options;
    }
    const policyChecks = (system: System) =>
      system.devnet.controls.counters.snapshot().keystore["/wallet/check-policy"] ?? 0;

    itEmbedded(shape, "is renewed by asking policy again", () => {
      const options = slowToSign(new MovingClock("2026-06-16T10:20:00Z"), () => {});
      return withSystem(options, async (system) => {
        options.system = system;
        await system.rest().execute([dust]);
        const before = policyChecks(system);
        const record = await system.rest().ended(await system.rest().begin(three));
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.equal(policyChecks(system) - before, 18, "two checks a step: at first, with the terms, and once more");
      });
    });

    itEmbedded(shape, "ends the workflow when policy now denies it, and what was signed is thrown away unsent", () => {
      const clock = new MovingClock("2026-06-16T10:20:00Z");
      const options = slowToSign(clock, (system) => {
        system.devnet.controls.wallets.setFrozen("wallet-1", true);
      });
      return withSystem(options, async (system) => {
        options.system = system;
        const requestId = await system.rest().begin(three);
        const text =
          "policy denied before signing: Wallet is frozen by controller; what had been signed before was thrown away unsent";
        // It does not end before that is dead (rule: signed-means-possible).
        const settling = await system.rest().until(requestId, ({ status }) => status === "settling");
        const until = settling.step_outcomes[0].possible_until;
        assert.equal(
          settling.user_visible_error,
          `${text}; steps 1, 2, 3 of 3 may still execute until ${until}; do not repeat before`,
        );
        clock.advance(300_000);
        const record = await system.rest().ended(requestId);
        assert.deepEqual([record.status, record.error_code], ["policy_denied", "policy_denied"]);
        assert.equal(record.user_visible_error, text);
        assert.deepEqual([record.signed_nep413_payloads, record.signed_nep366_delegates], [[], [null, null, null]]);
        assert.equal(gateCalls(system.devnet, "submit_intent").length, 0);
      });
    });
  });

  itEmbedded(
    shape,
    "a step that fails on chain leaves a record that says which, why, and until when it may still execute (rule: settling-until-nothing-is-possible)",
    () => {
      let drained = false;
      const usdc = transfer("5", "nep141:usdc.near");
      return withSystem(
        {
          environment: { INTENTS_DEADLINE_SECS: "7", ...deadlineOnly },
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
    "a payload that somebody else carried is succeeded_elsewhere, and nothing is done twice (rule: carried-by-somebody-else-is-said)",
    () => {
      let carry: (payload: string) => Promise<void> = async () => {};
      return withSystem(
        {
          wrap: misbehavingSigner({
            async answer(response, request) {
              if (request.step === 1) await carry(response.payloadJson ?? "");
              return response;
            },
          }),
        },
        async (system) => {
          carry = async (payload) => {
            const args = { signed: [JSON.parse(payload)] };
            await new Actor(system.devnet, "mike.near").call({
              receiverId: system.devnet.verifierId,
              methodName: "execute_intents",
              args,
            });
          };
          const { body: record, status } = await system.rest().execute(three);
          assert.equal(status, 400);
          assert.deepEqual(
            record.step_outcomes.map(({ outcome }: { outcome: string }) => outcome),
            ["succeeded", "succeeded_elsewhere", "succeeded"],
          );
          assert.match(
            record.user_visible_error,
            /nonce was already used; step 2 of 3 took effect all the same, carried by somebody else: do not repeat it$/,
          );
          assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": "-2000000000000000000" });
          assert.equal(record.balance_views["nep141:wrap.near:intents"].ambiguous, true);
        },
      );
    },
  );

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

  itEmbedded(shape, "leftovers time out free of charge (rule: leftovers-time-out)", () =>
    withSystem(
      { environment: { INTENTS_DEADLINE_SECS: "2", ...deadlineOnly }, wrap: corruptSignature(1) },
      async (system) => {
        const requestId = await system.rest().begin(three);
        const record = await system.rest().ended(requestId);
        assert.equal(record.status, "failed");
        assert.equal(gateCalls(system.devnet, "resume_intent").length, 0);
        assert.equal(record.fees.gate_fee_yocto, "0");
      },
    ),
  );

  itEmbedded(shape, "leftovers that hold up others for want of balance are rejected (rule: leftovers-time-out)", () =>
    withSystem(
      { environment: { INTENTS_DEADLINE_SECS: "8", ...deadlineOnly }, wrap: corruptSignatureOf("wallet-1") },
      async (system) => {
        const { controls, relayer } = system.devnet;
        controls.accounts.setBalance(relayer.accountId, 12n * 10n ** 23n);
        controls.blocks.mine({ blocks: 3 });
        const failing = await system.rest("wallet-1").begin(three);
        await system.rest("wallet-1").until(failing, ({ status }) => status === "settling");
        const other = await system.rest("wallet-2").begin(three);
        assert.equal((await system.rest("wallet-2").ended(other)).status, "succeeded");
        const record = await system.rest("wallet-1").ended(failing);
        const rejects = gateCalls(system.devnet, "resume_intent");
        assert.ok(rejects.length >= 1, "leftovers were rejected");
        assert.equal(record.resume_tx_hashes.length, rejects.length);
        assert.equal(record.resume_tx_hash, null);
        assert.equal(record.fees.gate_fee_yocto, String(BigInt(rejects.length) * 30_000_000_000_000_000_000_000n));
      },
    ),
  );

  it("a resume that never arrives is made impossible once its window has passed (rule: abandoned-resume-is-burnt)", () =>
    withSystem({ shape, environment: { INTENTS_DEADLINE_SECS: "7", ...deadlineOnly } }, async (system) => {
      const { devnet } = system;
      const { blocks, faults } = devnet.controls;
      blocks.stop();
      const requestId = await system.rest().begin(three);
      await sends(system, 3);
      // The node takes the resume and loses it, however often it is sent.
      const lost = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "lost" };
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: lost } });
      blocks.go();
      await system.rest().until(requestId, ({ status }) => status === "resuming");
      blocks.stop();
      blocks.mine({ blocks: 170 });
      await quiet(system);
      // Its window has passed now: what is sent next is to take its place, and gets lost like it.
      const before = devnet.controls.counters.snapshot().rpc.send_tx ?? 0;
      blocks.mine({ blocks: 20 });
      await sends(system, before + 1);
      await quiet(system);
      assert.equal(devnet.controls.counters.snapshot().rpc.send_tx, before + 1);
      faults.clear();
      blocks.go();
      const record = await system.rest().ended(requestId);
      assert.deepEqual([record.status, record.error_code], ["failed", "timed_out"]);
      assert.deepEqual(
        record.step_outcomes.map(({ outcome }: { outcome: string }) => outcome),
        ["not_executed", "not_executed", "not_executed"],
      );
      assert.equal(dispatches(system), 0);
      const [burnt] = gateCalls(devnet, "resume_batch_chained");
      assert.notEqual(burnt, undefined, "a higher nonce landed");
      assert.ok(!record.resume_tx_hashes.includes(burnt?.transaction.hash), "and not the resume itself");
      assert.equal(record.resume_tx_hash, null);
    })).timeout(40_000);

  itEmbedded(
    shape,
    "a submission that somebody else made of our delegate is found and taken as ours (rule: used-nonce-is-looked-up)",
    () => {
      let steal: (delegate: string) => Promise<void> = async () => {};
      const wrap = misbehavingSigner({
        async answer(response, request) {
          if (request.step === 1) await steal(response.signedDelegateBase64);
          return response;
        },
      });
      return withSystem({ wrap }, async (system) => {
        const { gateId } = system.devnet;
        system.devnet.controls.gate.setRelayer("mike.near", true);
        let foreign = "";
        steal = async (delegate) => {
          const args = { signed_delegate: delegate };
          foreign = await new Actor(system.devnet, "mike.near").call({
            receiverId: gateId,
            methodName: "submit_intent",
            args,
          });
        };
        const { body: record } = await system.rest().execute(three);
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.equal(dispatches(system), 3);
        assert.equal(new Set(record.intent_ids).size, 3);
        assert.notEqual(foreign, "");
        assert.deepEqual(
          record.dispatch_block_heights.map((height: number) => height - record.dispatch_block_heights[0]),
          [0, 3, 6],
        );
      });
    },
  );

  it("a chain that somebody else started with our intents is recorded as it is (rule: chain-counts-whoever-acted)", () =>
    withSystem({ shape }, async (system) => {
      const { devnet } = system;
      const other = keyPairFromSeed(new Uint8Array(32).fill(9));
      devnet.controls.accounts.addKey(devnet.approver.accountId, other.publicKey, { kind: "fullAccess" });
      // The product learns late of what happened, so that somebody else is faster.
      const slow = { kind: "delay", ms: 400 } as const;
      devnet.controls.faults.add({ target: "rpc", method: "EXPERIMENTAL_tx_status", count: null, fault: slow });
      const requestId = await system.rest().begin([registerStep(1), registerStep(2)]);
      while (devnet.controls.gate.state.pending.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      const intent_ids = [...devnet.controls.gate.state.pending];
      await new Actor(devnet, devnet.approver.accountId, other).call({
        receiverId: devnet.gateId,
        methodName: "resume_batch_chained",
        args: { intent_ids },
        deposit: 30_000_000_000_000_000_000_000n,
        gas: 100_000_000_000_000n,
      });
      devnet.controls.faults.clear();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(record.resume_tx_hash, null);
      assert.equal(dispatches(system), 2);
    }));
});

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

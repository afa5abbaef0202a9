import assert from "node:assert/strict";
import { keyPairFromSeed } from "@outlayer/near";
import { Actor } from "./support/actors.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { dispatches } from "./support/on-chain.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { chainsRegister, registerStep, three } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

describeShapes("decisions, on the chain", (shape) => {
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
    withSystem({ shape, environment: chainsRegister }, async (system) => {
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

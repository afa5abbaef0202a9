import assert from "node:assert/strict";
import type { SignStepResponse } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { balanceOf, carry, drained, half, oneDust, outcomesOf, usdc, usedText } from "./support/cancels.ts";
import { transactions } from "./support/chain-dump.ts";
import { ForgetfulEvidence } from "./support/forgetful-evidence.ts";
import { eventsOf } from "./support/history.ts";
import { corruptSignature, type Misbehaviour, misbehavingSigner } from "./support/misbehaving-signer.ts";
import { dust, three } from "./support/steps.ts";
import { type System, type SystemOptions, withSystem } from "./support/system.ts";

/** Transactions that carry cancels. */
const cancelsOf = ({ devnet }: System) =>
  transactions(devnet).filter(
    ({ transaction }) =>
      transaction.receiver_id === devnet.verifierId && transaction.signer_id === devnet.relayer.accountId,
  );

/** Flips a bit of the delegate's signature. */
function corrupted(response: SignStepResponse): SignStepResponse {
  const bytes = Buffer.from(response.signedDelegateBase64, "base64");
  bytes[bytes.length - 40] = (bytes.at(-40) ?? 0) ^ 1;
  return { ...response, signedDelegateBase64: bytes.toString("base64") };
}

describe("settling by cancel", () => {
  it("ends before the deadline, and the verifier refuses the payload of the failed step from then on", () =>
    drained()(async (system) => {
      const record = await system.rest().ended(await system.rest().begin(half));
      assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
      const { deadline } = JSON.parse(JSON.parse(record.signed_nep413_payloads[1]).payload.message);
      assert.ok(Date.now() < Date.parse(deadline));
      assert.deepEqual(outcomesOf(record), ["succeeded", "failed_on_chain", "succeeded"]);
      const error = "Smart contract panicked: insufficient balance or overflow";
      assert.equal(record.user_visible_error, `step 2 of 3 failed on chain: ${error}`);
      assert.equal(record.cancel_tx_hashes.length, 1);
      assert.deepEqual(
        record.cancel_tx_hashes,
        cancelsOf(system).map(({ transaction }) => transaction.hash),
      );
      assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": String(-2n * oneDust) });
      const events = await eventsOf(system, record.request_id);
      assert.ok(events.indexOf("settling") < events.indexOf("cancel_prepared"), events.join());
      // Now it could be paid for.
      system.devnet.controls.verifier.credit(system.devnet.wallets[0]?.accountId ?? "", usdc.token, 100n);
      assert.equal(await carry(system, record.signed_nep413_payloads[1]), usedText);
      assert.equal(record.cancel_requested, false);
    }));

  it("what somebody else carried first took effect elsewhere, and the cancel failed", () => {
    let meanwhile = async (_payload: string) => {};
    return drained({ signer: { beforeCancel: ({ payloadJson }) => meanwhile(payloadJson) } })(async (system) => {
      meanwhile = async (payload) => {
        system.devnet.controls.verifier.credit(system.devnet.wallets[0]?.accountId ?? "", usdc.token, 100n);
        assert.equal(await carry(system, payload), undefined);
      };
      const { body: record } = await system.rest().execute(half);
      assert.deepEqual(outcomesOf(record), ["succeeded", "succeeded_elsewhere", "succeeded"]);
      assert.equal(record.status, "failed");
      assert.match(record.user_visible_error, /step 2 of 3 took effect all the same, carried by somebody else/);
      assert.equal(record.cancel_tx_hashes.length, 1);
    });
  });

  it("one payload that was carried makes the whole cancel fail, and the rest are cancelled by another", () => {
    let meanwhile: typeof carry | undefined;
    const wrap = misbehavingSigner({
      answer: (response, { step }) => (step === 1 ? corrupted(response) : response),
      async beforeCancel({ payloadJson, step }) {
        const once = step === 0 ? meanwhile : undefined;
        meanwhile = undefined;
        await once?.(current as System, payloadJson);
      },
    });
    let current: System | undefined;
    return withSystem({ wrap }, async (system) => {
      current = system;
      meanwhile = carry;
      const before = balanceOf(system);
      const { body: record } = await system.rest().execute(three);
      assert.deepEqual([record.status, record.error_code], ["failed", "submission_refused"]);
      assert.deepEqual(outcomesOf(record), ["succeeded_elsewhere", "not_executed", "not_executed"]);
      assert.equal(record.cancel_tx_hashes.length, 2);
      assert.equal(before - balanceOf(system), oneDust);
      for (const payload of record.signed_nep413_payloads) assert.equal(await carry(system, payload), usedText);
      assert.ok(BigInt(record.fees.gas_burnt_yocto) > 0n);
      assert.equal(record.fees.gate_fee_yocto, "0");
    });
  });

  it("a cancel that was written down when the process ended is sent by the next one, the same bytes", () => {
    let isCancelling = false;
    const beforeCancel = () => {
      isCancelling = true;
    };
    return drained({ signer: { beforeCancel } })(async (system) => {
      const { faults } = system.devnet.controls;
      const requestId = await system.rest().begin(half);
      const lost = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "lost" };
      await system.rest().until(requestId, ({ dispatch_receipts }) => dispatch_receipts[0] !== null);
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: lost } });
      const { cancel_tx_hashes } = await system.rest().until(requestId, (record) => record.cancel_tx_hashes.length > 0);
      assert.ok(isCancelling);
      await system.stopProduct();
      assert.equal(cancelsOf(system).length, 0);
      faults.clear();
      await system.restart();
      const record = await system.rest().ended(requestId);
      assert.deepEqual(outcomesOf(record), ["succeeded", "failed_on_chain", "succeeded"]);
      assert.deepEqual(record.cancel_tx_hashes, cancel_tx_hashes);
      assert.deepEqual(
        cancelsOf(system).map(({ transaction }) => transaction.hash),
        cancel_tx_hashes,
      );
    });
  });

  it("a cancel that no node shows is looked for in the chunks, before anybody else is said to have used its nonce", () => {
    let hide = () => {};
    return drained({ signer: { beforeCancel: () => hide() } })(async (system) => {
      const { faults, counters } = system.devnet.controls;
      const fault = { kind: "unknown_transaction", blocks: 10_000 } as const;
      hide = () => {
        faults.add({ target: "rpc", method: "EXPERIMENTAL_tx_status", count: null, fault });
      };
      const requestId = await system.rest().begin(half);
      await system.rest().until(requestId, () => cancelsOf(system).length > 0);
      // Its submission takes the relayer's next nonce.
      const other = await system.rest().begin([dust], "other");
      const isSearched = () => (counters.snapshot().rpc.chunk ?? 0) > 0;
      const record = await system.rest().until(requestId, isSearched);
      assert.deepEqual([record.status, outcomesOf(record)], ["settling", ["succeeded", "still_possible", "succeeded"]]);
      faults.clear();
      assert.deepEqual(outcomesOf(await system.rest().ended(requestId)), ["succeeded", "failed_on_chain", "succeeded"]);
      assert.equal((await system.rest().ended(other)).status, "succeeded");
    });
  });

  it("a cancel whose answer was lost is found on the chain after a crash, and not sent as another", () => {
    const evidence = new ForgetfulEvidence("cancelResolved");
    return withSystem({ wrap: { ...corruptSignature(1), ...evidence.wrap } }, async (system) => {
      const { body: record } = await system.rest().execute(three);
      assert.ok(evidence.hasForgotten);
      assert.deepEqual(outcomesOf(record), ["not_executed", "not_executed", "not_executed"]);
      assert.equal(record.cancel_tx_hashes.length, 1);
      assert.equal(cancelsOf(system).length, 1);
    });
  });

  const waitsForTheDeadline = (
    what: string,
    options: SystemOptions & { readonly signer?: Misbehaviour },
    hinder: (system: System) => void = () => {},
    whileSettling: (system: System) => void | Promise<void> = () => {},
  ) =>
    it(`waits for the deadline where ${what}`, () => {
      const environment = { INTENTS_DEADLINE_SECS: "8", ...options.environment };
      return drained({ ...options, environment })(async (system) => {
        const requestId = await system.rest().begin(half);
        await system.rest().until(requestId, ({ intent_ids }) => !intent_ids.includes(null));
        hinder(system);
        const settling = await system.rest().until(requestId, ({ status }) => status === "settling");
        assert.deepEqual(outcomesOf(settling), ["succeeded", "still_possible", "succeeded"]);
        await whileSettling(system);
        const record = await system.rest().ended(requestId);
        assert.deepEqual(outcomesOf(record), ["succeeded", "failed_on_chain", "succeeded"]);
        assert.ok(Date.parse(record.updated_at) > Date.parse(settling.step_outcomes[1].possible_until));
        assert.deepEqual([record.cancel_tx_hashes, cancelsOf(system)], [[], []]);
      });
    });
  waitsForTheDeadline("the operator has switched it off", { environment: { SETTLE_BY_CANCEL: "false" } });
  const keystoreGoes = ({ devnet }: System) => devnet.controls.keystore.setReadiness("not_ready");
  waitsForTheDeadline("the keystore is away", {}, keystoreGoes);
  waitsForTheDeadline("the relayer cannot pay for it", {}, keystoreGoes, async ({ devnet }) => {
    devnet.controls.accounts.setBalance(devnet.relayer.accountId, 10n ** 22n);
    // The balance is read at a final block.
    const { height } = devnet.chain.head;
    while (devnet.chain.view().final().height < height) await new Promise((resolve) => setTimeout(resolve, 5));
    devnet.controls.keystore.setReadiness("ready");
  });
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { keyPairFromSeed } from "@outlayer/near";
import { checkHistory } from "@outlayer/workflow";
import { carry, type Json, outcomesOf, usedText } from "./support/cancels.ts";
import { gateCalls, gateTrace } from "./support/chain-dump.ts";
import { interruptedEvidence } from "./support/interrupted-evidence.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { MovingClock, pastDeadlinesMs, someMorning } from "./support/moving-clock.ts";
import {
  holdsMs,
  type Message,
  messageFor,
  nearWallet,
  sessionEnvironment,
  sessionOf,
  signedStep,
  tokenFor,
} from "./support/own-wallets.ts";
import { describeShapes } from "./support/shapes.ts";
import { type System, type SystemOptions, withSystem } from "./support/system.ts";
import { withTime } from "./support/with-time.ts";

const wrap = "nep141:wrap.near";
const alice = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x71)));

const pay = (system: System, amount = "1", given: Partial<Message> = {}) =>
  alice.sign(
    messageFor(system, alice, [{ intent: "transfer", receiver_id: "mike.near", tokens: { [wrap]: amount } }], given),
  );

/** A system in which alice has signed in, and holds 1000. */
function signedIn(
  options: SystemOptions,
  run: (system: System, session: Awaited<ReturnType<typeof sessionOf>>) => Promise<void>,
): Promise<void> {
  return withSystem({ ...options, environment: { ...sessionEnvironment, ...options.environment } }, async (system) => {
    system.devnet.controls.verifier.credit(alice.accountId, wrap, 1_000n);
    const session = await sessionOf(system, alice.accountId, options.clock?.now());
    await run(system, session);
  });
}

const left = (system: System) => system.devnet.controls.verifier.balanceOf(alice.accountId, wrap);
const isQueued = ({ status }: Json) => status === "queued";
const isSettling = ({ status }: Json) => status === "settling";
const carryAll = (system: System, ...payloads: readonly object[]) =>
  carry(system, ...payloads.map((payload) => JSON.stringify(payload)));

describeShapes(
  "own payloads that somebody else carries (rule: own-payload-is-always-possible)",
  (shape) => {
    it("while their workflow waits are succeeded_elsewhere, and nothing is sent", () =>
      signedIn({ shape }, async (system, session) => {
        const { keystore } = system.devnet.controls;
        keystore.setReadiness("not_ready");
        const payload = pay(system);
        const requestId = await session.begin([signedStep(payload)]);
        await session.until(requestId, isQueued);
        assert.equal(await carryAll(system, payload), undefined);
        keystore.setReadiness("ready");
        const record = await session.ended(requestId);
        assert.deepEqual([record.status, outcomesOf(record)], ["failed", ["succeeded_elsewhere"]]);
        assert.equal(
          record.user_visible_error,
          `payload 1 of 1 of step 1 has a nonce that ${alice.accountId} has used up; the call took effect all the same, carried by somebody else: do not repeat it`,
        );
        assert.deepEqual([left(system), gateCalls(system.devnet, "submit_intent").length], [999n, 0]);
      }));

    it("are carried on by a product that is restarted, and once", () =>
      signedIn({ shape, devnet: { blockTimeMs: 60 } }, async (system, session) => {
        const steps = [signedStep(pay(system, "1"), pay(system, "2")), signedStep(pay(system, "4"))];
        const requestId = await session.begin(steps, "interrupted");
        await session.until(
          requestId,
          ({ status, retry_after_ms }) => status === "submitting" || retry_after_ms === null,
        );
        await system.restart();
        const record = await session.ended(requestId);
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-7" });
        assert.equal(gateTrace(system.devnet).filter(({ ev }) => ev === "intent_dispatched").length, 2);
        const again = await session.execute(steps, "interrupted");
        assert.deepEqual([again.body.request_id, left(system)], [requestId, 993n]);
      }));
  },
  150_000,
);

describe("own payloads, once submitted,", () => {
  it("are succeeded_elsewhere where somebody else is faster, and never twice", () => {
    let steal = async (_step: number) => {};
    const wrapped = misbehavingSigner({
      async answer(response, request) {
        await steal(request.step);
        return response;
      },
    });
    return signedIn({ wrap: wrapped }, async (system, session) => {
      const payloads = [pay(system, "1"), pay(system, "2"), pay(system, "4")];
      steal = async (step) => {
        if (step === 1) await carryAll(system, payloads[1] ?? {});
      };
      const { body: record } = await session.execute(payloads.map((payload) => signedStep(payload)));
      assert.deepEqual(outcomesOf(record), ["succeeded", "succeeded_elsewhere", "succeeded"], record.message);
      assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-5" });
      assert.equal(left(system), 993n);
    });
  });

  it("of one step are partly_elsewhere where one of them is carried and the other is dead", () => {
    const clock = new MovingClock(someMorning);
    let steal = async () => {};
    const wrapped = misbehavingSigner({
      async answer(response) {
        await steal();
        return response;
      },
    });
    return signedIn({ clock, wrap: wrapped }, async (system, session) => {
      const [first, second] = [pay(system, "1"), pay(system, "2")];
      steal = async () => void (await carryAll(system, second));
      const requestId = await session.begin([signedStep(first, second)]);
      const settling = await session.until(requestId, isSettling);
      assert.equal(settling.step_outcomes[0].outcome, "still_possible");
      assert.match(settling.step_outcomes[0].error, /nonce was already used/);
      clock.advance(holdsMs + pastDeadlinesMs);
      const record = await session.ended(requestId);
      assert.deepEqual(record.step_outcomes, [
        { outcome: "partly_elsewhere", error: "1 of 2 payloads were carried by somebody else", possible_until: null },
      ]);
      assert.equal(record.status, "failed");
      assert.match(record.user_visible_error, /; the call took effect in part, carried by somebody else$/);
      assert.equal(left(system), 998n);
    });
  });

  it("stay possible until their deadline where they failed on chain, and can be carried until then", () => {
    let spend = async () => {};
    const wrapped = misbehavingSigner({
      async answer(response) {
        await spend();
        return response;
      },
    });
    return signedIn({ wrap: wrapped }, async (system, session) => {
      const [spent, payload] = [pay(system, "600"), pay(system, "600")];
      spend = async () => void (await carryAll(system, spent));
      const requestId = await session.begin([signedStep(payload)]);
      const settling = await session.until(requestId, isSettling);
      assert.equal(settling.error_code, "dispatch_failed");
      assert.deepEqual(outcomesOf(settling), ["still_possible"]);
      system.devnet.controls.verifier.credit(alice.accountId, wrap, 1_000n);
      assert.equal(await carryAll(system, payload), undefined, "it is possible indeed");
      const record = await session.ended(requestId);
      assert.deepEqual([record.status, outcomesOf(record)], ["failed", ["succeeded_elsewhere"]]);
      assert.match(record.user_visible_error, /took effect all the same, carried by somebody else: do not repeat it$/);
    });
  });
});

/** The events of a workflow's log before which it is asked to cancel it. */
const stages = [
  ["taken", "cancelled"],
  ["policyAllowed", "cancelled"],
  ["admitted", "cancelled"],
  ["signingPrepared", "cancelled"],
  ["signed", "cancelled"],
  ["submissionsPrepared", "cancelled"],
  ["submissionsAccepted", "cancelled"],
  ["resumePrepared", "cancelled"],
  ["measured", "succeeded"],
  ["ended", "succeeded"],
] as const;

describe("DELETE of a workflow with own payloads", () => {
  for (const [kind, expected] of stages) {
    it(`that comes right before ${kind} settles until they are dead, and ends it as ${expected}`, () => {
      let cancel = async (_requestId: string) => {};
      const clock = new MovingClock(someMorning);
      return signedIn({ clock, wrap: interruptedEvidence(kind, (id) => cancel(id)) }, async (system, session) => {
        cancel = async (requestId) => void (await session.cancel(requestId, 0));
        const payloads = [pay(system, "1"), pay(system, "2")];
        const requestId = await session.begin(payloads.map((payload) => signedStep(payload)));
        if (expected === "cancelled") {
          const settling = await session.until(requestId, isSettling);
          assert.deepEqual(outcomesOf(settling), ["still_possible", "still_possible"]);
          assert.match(
            settling.user_visible_error,
            /steps 1, 2 of 2 may still execute until .*; do not repeat before$/,
          );
          clock.advance(holdsMs + pastDeadlinesMs);
        }
        const record = await session.ended(requestId);
        assert.deepEqual([record.status, record.cancel_requested], [expected, true], record.user_visible_error);
        assert.deepEqual(record.cancel_tx_hashes, [], "nobody but the account cancels its payloads");
        const isDone = expected === "succeeded";
        assert.deepEqual(outcomesOf(record), Array(2).fill(isDone ? "succeeded" : "not_executed"));
        assert.equal(left(system), isDone ? 997n : 1_000n);
        const dead = isDone ? usedText : "Smart contract panicked: deadline has expired";
        for (const payload of payloads) assert.equal(await carryAll(system, payload), dead);
      });
    });
  }

  it("says what took effect where somebody carries them while it settles", () => {
    const clock = new MovingClock(someMorning);
    return signedIn({ clock }, async (system, session) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const payloads = [pay(system, "1"), pay(system, "2")];
      const requestId = await session.begin(payloads.map((payload) => signedStep(payload)));
      await session.until(requestId, isQueued);
      assert.equal((await session.cancel(requestId, 0)).status, 202);
      await session.until(requestId, isSettling);
      assert.equal(await carryAll(system, payloads[1] ?? {}), undefined);
      await session.until(requestId, (record) => outcomesOf(record)[1] === "succeeded_elsewhere");
      clock.advance(holdsMs + pastDeadlinesMs);
      const record = await session.ended(requestId);
      assert.deepEqual(outcomesOf(record), ["not_executed", "succeeded_elsewhere"]);
      assert.equal(record.status, "failed");
      assert.equal(
        record.user_visible_error,
        "it was cancelled at its caller's wish before anything was sent; step 2 of 2 took effect all the same, carried by somebody else: do not repeat it",
      );
    });
  });

  it("cannot tell what became of them where the verifier may have forgotten their nonces", () => {
    const clock = new MovingClock(someMorning);
    return signedIn({ clock }, async (system, session) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const message = messageFor(system, alice, []);
      // A nonce that ends with its payload may be cleaned up as soon as the payload is dead.
      const nonce = Uint8Array.from(message.nonce);
      new DataView(nonce.buffer).setBigInt64(9, BigInt(message.deadlineMs) * 1_000_000n, true);
      const requestId = await session.begin([signedStep(alice.sign({ ...message, nonce }))]);
      await session.until(requestId, isQueued);
      await session.cancel(requestId, 0);
      await session.until(requestId, isSettling);
      clock.advance(holdsMs + pastDeadlinesMs);
      const record = await session.ended(requestId);
      assert.deepEqual([record.error_code, outcomesOf(record)], ["outcome_unknown", ["unknowable"]]);
    });
  });
});

describe("own payloads whose deadline passes while their workflow waits", () => {
  it("end it as timed out once they are dead", () =>
    withTime(
      someMorning,
      async (system, time) => {
        const { keystore, verifier } = system.devnet.controls;
        verifier.credit(alice.accountId, wrap, 1_000n);
        const session = await sessionOf(system, alice.accountId, Date.parse(someMorning));
        keystore.setReadiness("not_ready");
        const requestId = await session.begin([signedStep(pay(system))]);
        await session.until(requestId, isQueued);
        // A keystore that is ready before the product knows the time would have the dead payload submitted.
        await time.advance(holdsMs + pastDeadlinesMs);
        keystore.setReadiness("ready");
        const record = await session.ended(requestId);
        assert.deepEqual(
          [record.status, record.error_code, outcomesOf(record)],
          ["failed", "timed_out", ["not_executed"]],
        );
        assert.match(
          record.user_visible_error,
          /^payload 1 of 1 of step 1 holds until .*, which is too soon for it to be dispatched$/,
        );
        assert.deepEqual(gateCalls(system.devnet, "submit_intent"), []);
      },
      { environment: sessionEnvironment },
    ));
});

describe("the history of a workflow with own payloads (rule: unsubmitted-signature-stays-secret)", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

  async function historyOf(system: System, requestId: string) {
    const response = await fetch(`${system.product.http.evidence}/outlayer.evidence.v1.RecordService/GetHistory`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await tokenFor(alice.accountId)}` },
      body: JSON.stringify({ requestId }),
    });
    return ((await response.json()) as Json).entries;
  }

  it("shows them once they are submitted, beside an entry that holds their hashes", () =>
    signedIn({}, async (system, session) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const payload = pay(system);
      const { signature } = payload as { signature: string };
      const requestId = await session.begin([signedStep(payload)]);
      await session.until(requestId, isQueued);
      const before = await historyOf(system, requestId);
      assert.ok(!JSON.stringify(before).includes(signature));
      system.devnet.controls.keystore.setReadiness("ready");
      const record = await session.ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      const entries = await historyOf(system, requestId);
      assert.deepEqual(JSON.parse(entries[0].disclosedJson), {
        steps: [{ step: 0, own_payloads_json: [JSON.stringify(payload)] }],
      });
      assert.ok(!entries[0].entryJson.includes(signature));
      const checked = checkHistory(entries, sha256);
      assert.equal(checked.kind === "intact" && checked.disclosed, 2);
      const altered = { ...entries[0], disclosedJson: entries[0].disclosedJson.replace("mike", "nike") };
      assert.equal(checkHistory([altered, ...entries.slice(1)], sha256).kind, "broken");
    }));
});

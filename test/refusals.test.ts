import assert from "node:assert/strict";
import { Code, Refusal } from "@outlayer/kit";
import { gateCalls } from "./support/chain-dump.ts";
import { corruptSignature, misbehavingSigner } from "./support/misbehaving-signer.ts";
import type { Answer } from "./support/rest-client.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { dust, registerStep, transfer } from "./support/steps.ts";
import { type System, type SystemOptions, withSystem } from "./support/system.ts";

/** What every answer to a POST with a record must be, when it is an error. */
function assertRefused({ status, body }: Answer, code: number, expected: Record<string, unknown>): void {
  const shown = Object.fromEntries(Object.keys(expected).map((key) => [key, body[key]]));
  assert.deepEqual(shown, expected);
  assert.equal(status, code);
  assert.equal(body.message, `${body.user_visible_error} (request ${body.request_id})`);
  assert.equal(body.error, body.message);
}

const step = (outcome: string, error: string | null = null, possible_until: string | null = null) => ({
  outcome,
  error,
  possible_until,
});

/** Nothing was signed and nothing was sent. */
function assertNothingHappened({ devnet }: System): void {
  const keystore = devnet.controls.counters.snapshot().keystore as Record<string, number>;
  assert.equal(keystore["/wallet/sign-nep413"] ?? 0, 0);
  assert.equal(gateCalls(devnet, "submit_intent").length, 0);
}

/** What was changed by hand at the head is seen at the final block after this. */
function makeFinal({ devnet }: System): void {
  devnet.controls.blocks.mine({ blocks: 3 });
}

const neverBegun = {
  signed_nep413_payloads: [],
  signed_nep366_delegates: [null, null, null],
  submit_tx_hashes: [null, null, null],
  intent_ids: [null, null, null],
  resume_tx_hash: null,
  step_outcomes: [step("not_executed"), step("not_executed"), step("not_executed")],
};

const three = [dust, dust, dust];

/** `DELEGATE_VALIDITY_BLOCKS` by default. */
const validityBlocks = 180n;

describe("what a user gets: refused by the gate", () => {
  /** Payloads that are over quickly, so that what may still execute is soon decided. */
  const shortLived = (options: SystemOptions): SystemOptions => ({
    ...options,
    environment: { INTENTS_DEADLINE_SECS: "3", SETTLE_BY_CANCEL: "false" },
  });

  /** Runs three transfers of which the gate refuses the second, and checks what is said on the way and at the end. */
  async function assertSecondRefused(system: System, error: string): Promise<void> {
    const resumed = gateCalls(system.devnet, "resume_batch_chained").length;
    const requestId = await system.rest().begin(three, "refused");
    const settling = await system.rest().until(requestId, ({ status }) => status === "settling");
    // Each as long as its own payload: they are signed one after the other, perhaps over the turn of a second.
    const untils: string[] = settling.step_outcomes.map(
      (outcome: { possible_until: string }) => outcome.possible_until,
    );
    for (const each of untils) assert.match(each, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const [until = ""] = untils.toSorted().reverse();
    const possible = (index: number, text: string | null) => step("still_possible", text, untils[index]);
    assert.deepEqual(settling.step_outcomes, [possible(0, null), possible(1, error), possible(2, null)]);
    assert.equal(
      settling.user_visible_error,
      `step 2 of 3 was refused by the gate: ${error}; steps 1, 2, 3 of 3 may still execute until ${until}; do not repeat before`,
    );
    const whileSettling = await system.rest().execute(three, "refused", 0);
    assert.equal(whileSettling.status, 202);
    await system.rest().ended(requestId);
    const [first, , third] = settling.intent_ids;
    assertRefused(await system.rest().execute(three, "refused"), 400, {
      status: "failed",
      error_code: "submission_refused",
      user_visible_error: `step 2 of 3 was refused by the gate: ${error}`,
      step_outcomes: [step("not_executed"), step("not_executed", error), step("not_executed")],
      intent_ids: [first, null, third],
      resume_tx_hash: null,
      resume_tx_hashes: [],
      dispatch_receipts: [null, null, null],
      balance_deltas: {},
    });
    assert.equal(gateCalls(system.devnet, "resume_batch_chained").length, resumed);
  }

  it("a bad signature", () =>
    withSystem(shortLived({ wrap: corruptSignature(1) }), (system) =>
      assertSecondRefused(system, "Smart contract panicked: signature verification failed"),
    ));

  it("an expired delegate", () => {
    const wrap = misbehavingSigner({
      // As if it were valid for one block.
      terms: (step, { maxBlockHeight }) => (step === 1 ? { maxBlockHeight: maxBlockHeight - validityBlocks + 1n } : {}),
    });
    return withSystem(shortLived({ wrap }), (system) =>
      assertSecondRefused(system, "Smart contract panicked: intent expired (max_block_height <= current block)"),
    );
  });

  it("a replayed nonce", () => {
    let used: bigint | undefined;
    const wrap = misbehavingSigner({
      terms(step, { delegateNonce }) {
        used ??= delegateNonce;
        return step === 1 ? { delegateNonce: used } : {};
      },
    });
    return withSystem(shortLived({ wrap }), async (system) => {
      const first = await system.rest().execute([dust]);
      assert.equal(first.body.status, "succeeded");
      await assertSecondRefused(
        system,
        "Smart contract panicked: nonce already used for this sender (replay rejected)",
      );
    });
  });
});

describeShapes("what a user gets: refused before anything is signed", (shape) => {
  it("a policy denial", () =>
    withSystem({ shape }, async (system) => {
      const limit = { rules: { limits: { per_transaction: { [dust.token]: "5" } } } };
      system.devnet.controls.wallets.setPolicy("wallet-1", limit);
      const reason = `Per-transaction limit exceeded for ${dust.token}: ${dust.amount} > 5`;
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "policy_denied",
        error_code: "policy_denied",
        user_visible_error: `policy denied before signing: ${reason}`,
        proxy_predecessor: false,
        predecessor_model: "none",
        ordering_model: "none",
      });
      assertNothingHappened(system);
    }));

  it("a frozen wallet", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.wallets.setFrozen("wallet-1", true);
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "policy_denied",
        error_code: "policy_denied",
        user_visible_error: "policy denied before signing: Wallet is frozen by controller",
      });
      assertNothingHappened(system);
    }));

  it("a wallet that wants approvals", () =>
    withSystem({ shape }, async (system) => {
      const approvers = [{ id: "ann", role: "signer" }];
      system.devnet.controls.wallets.setPolicy("wallet-1", {
        rules: {},
        approval: { threshold: { required: 2 }, approvers },
      });
      assertRefused(await system.rest().execute(three), 409, {
        ...neverBegun,
        status: "requires_approval",
        error_code: "requires_approval",
        user_visible_error: "the wallet's policy requires 2 approvals for this workflow",
      });
      assertNothingHappened(system);
    }));

  it("an insufficient balance at step 2 of 3", () =>
    withSystem({ shape }, async (system) => {
      const steps = [dust, transfer("99999999000000000000000001"), dust];
      assertRefused(await system.rest().execute(steps), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "insufficient_balance",
        user_visible_error:
          "step 2 of 3 moves 99999999000000000000000001 of nep141:wrap.near, but only 99999999000000000000000000 would be left in the verifier by then",
      });
      assertNothingHappened(system);
    }));

  it("an unregistered relayer", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.gate.setRelayer(system.devnet.relayer.accountId, false);
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "relayer_not_whitelisted",
        user_visible_error: "the gate does not accept relayer.sequential.near as a relayer",
      });
      assertNothingHappened(system);
    }));

  it("a gate whose fee tier differs", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.gate.setTiers([
        [3, 31n],
        [12, 60n],
      ]);
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "fee_mismatch",
        user_visible_error: "the gate asks 31 yoctoNEAR for up to 3 calls, agreed were 30000000000000000000000",
      });
      assertNothingHappened(system);
    }));

  it("not for a fee that was another when it was planned", () =>
    withSystem({ shape }, async (system) => {
      const { gate } = system.devnet.controls;
      gate.setTiers([[12, 31n]]);
      assert.equal((await system.rest().post("/workflows/plan", { steps: three })).status, 200);
      gate.setTiers([[12, 30_000_000_000_000_000_000_000n]]);
      assert.equal((await system.rest().execute(three)).body.status, "succeeded");
    }));

  it("an approver that was rotated", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.gate.setApprover("mike.near");
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "approver_rotated",
        user_visible_error: "the gate's approver is mike.near, not approver.sequential.near",
      });
      assertNothingHappened(system);
    }));

  itEmbedded(shape, "a keystore that refuses to sign (rule: keystore-refusal-fails-at-once)", () => {
    const text = "keystore refused: Invalid receiver_id: the Account ID is too short";
    const wrap = misbehavingSigner({
      answer() {
        throw new Refusal(Code.FailedPrecondition, text, {
          reason: "KEYSTORE_REFUSED",
          metadata: { nothingSigned: "true" },
        });
      },
    });
    return withSystem({ wrap }, async (system) => {
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "keystore_refused",
        user_visible_error: text,
      });
      assert.equal(gateCalls(system.devnet, "submit_intent").length, 0);
    });
  });

  it("a keystore that fails for once: asked again, and carried out", () =>
    withSystem({ shape }, async (system) => {
      const fault = { kind: "server_error" } as const;
      system.devnet.controls.faults.add({
        target: "keystore",
        method: "/wallet/sign-nep366-delegate",
        count: 1,
        fault,
      });
      assert.equal((await system.rest().execute(three)).body.status, "succeeded");
    }));

  it("a wallet whose key on NEAR would let the delegates be relayed past the gate", () =>
    withSystem({ shape }, async (system) => {
      const [wallet] = system.devnet.wallets;
      const { accountId = "", publicKey = "" } = wallet ?? {};
      system.devnet.controls.accounts.addKey(accountId, publicKey, { kind: "fullAccess" }, 5n);
      makeFinal(system);
      assertRefused(await system.rest().execute(three), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "unsafe_delegate_nonce",
        user_visible_error: `the key of ${accountId} has a nonce on NEAR that is too low: a signed call could be relayed past the gate`,
      });
      assertNothingHappened(system);
    }));
});

describeShapes("what a user gets: waiting", (shape) => {
  it("a gate with somebody else's chain in flight: queued, and then carried out", () =>
    withSystem({ shape }, async (system) => {
      const { gate, blocks } = system.devnet.controls;
      await gate.foreignChain(12).done;
      // The chain in flight is to stay there until it has been looked at.
      blocks.stop();
      makeFinal(system);
      const first = await system.rest().execute(three, "patient", 0);
      assert.equal(first.status, 202);
      const queued = await system.rest().until(first.body.request_id, ({ queue }) => queue !== null);
      assert.deepEqual(queued.queue, { position: 1, expected_start_height: null, waiting_for: "gate_busy" });
      assert.deepEqual([queued.error_code, queued.user_visible_error], [null, null]);
      blocks.go();
      const record = await system.rest().ended(first.body.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(gateCalls(system.devnet, "submit_intent").length, 12 + 3);
    }));

  it("a stuck gate is waited for, and then ends the workflow with its code, unsigned (rule: blocked-workflow-waits-so-long)", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "2" } }, async (system) => {
      await system.devnet.controls.gate.stickTail().done;
      const requestId = await system.rest().begin(three, "stuck");
      const queued = await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "gate_stuck");
      assert.equal(queued.status, "queued");
      await system.rest().ended(requestId);
      assertRefused(await system.rest().execute(three, "stuck"), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "gate_stuck",
        user_visible_error:
          "the gate is stuck: its owner has to reset the batch tail, for more than 2 s; nothing was sent",
      });
      const keystore = system.devnet.controls.counters.snapshot().keystore as Record<string, number>;
      assert.equal(keystore["/wallet/sign-nep413"] ?? 0, 0);
    }));

  it("a stuck gate that its owner resets: carried out after all", () =>
    withSystem({ shape }, async (system) => {
      await system.devnet.controls.gate.stickTail().done;
      const requestId = await system.rest().begin(three);
      await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "gate_stuck");
      system.devnet.controls.gate.resetTail();
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
    }));

  it("a keystore that is not ready: queued, and carried out once it is", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const requestId = await system.rest().begin(three, "unready");
      await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "keystore_unavailable");
      const first = await system.rest().execute(three, "unready", 0);
      assert.equal(first.status, 202);
      assert.equal(first.headers.get("location"), `/wallet/v1/workflows/${requestId}`);
      assert.equal(first.headers.get("retry-after"), "2");
      assert.deepEqual(
        [first.body.status, first.body.queue, first.body.retry_after_ms],
        ["queued", { position: 0, expected_start_height: null, waiting_for: "keystore_unavailable" }, 2000],
      );
      system.devnet.controls.keystore.setReadiness("ready");
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
    }));

  it("a keystore that never gets ready ends the workflow with its code (rule: blocked-workflow-waits-so-long)", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "1" } }, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const requestId = await system.rest().begin(three, "never");
      await system.rest().ended(requestId);
      assertRefused(await system.rest().execute(three, "never"), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "keystore_unavailable",
        user_visible_error: "the keystore is not ready, for more than 1 s; nothing was sent",
      });
      assertNothingHappened(system);
    }));

  it("an RPC node that is away for ten seconds: queued, and carried out once it is back", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.rpc.setAway(true);
      const requestId = await system.rest().begin(three);
      const queued = await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "rpc_unavailable");
      assert.equal(queued.status, "queued");
      assert.deepEqual([queued.queue.position, queued.queue.expected_start_height], [0, null]);
      await new Promise((resolve) => setTimeout(resolve, 7000));
      assert.equal((await system.rest().record(requestId)).status, "queued");
      system.devnet.controls.rpc.setAway(false);
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(gateCalls(system.devnet, "submit_intent").length, 3);
    })).timeout(40_000);

  it("an RPC node that goes away in the middle: followed, never called failed, done once it is back", () =>
    withSystem({ shape }, async (system) => {
      const requestId = await system.rest().begin(three);
      await system.rest().until(requestId, ({ status }) => status === "dispatching");
      system.devnet.controls.rpc.setAway(true);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.equal((await system.rest().record(requestId)).status, "dispatching");
      system.devnet.controls.rpc.setAway(false);
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
      assert.equal(gateCalls(system.devnet, "resume_batch_chained").length, 1);
    }));

  it("a balance that is too low is waited for (rule: blocked-workflow-waits-so-long)", () =>
    withSystem({ shape }, async (system) => {
      const { relayer, controls } = system.devnet;
      controls.accounts.setBalance(relayer.accountId, 10n ** 23n);
      makeFinal(system);
      const requestId = await system.rest().begin(three);
      const queued = await system.rest().until(requestId, ({ queue }) => queue !== null);
      assert.deepEqual([queued.status, queued.queue.waiting_for], ["queued", "balance_low"]);
      assertNothingHappened(system);
      controls.accounts.setBalance(relayer.accountId, 10n ** 27n);
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
    }));

  it("a wallet's trouble does not hold up another's workflow (rule: blocked-workflow-waits-so-long)", () =>
    withSystem({ shape }, async (system) => {
      const { controls } = system.devnet;
      controls.keystore.setReadiness("not_ready");
      const blocked = await system.rest("wallet-1").begin(three);
      await system.rest("wallet-1").until(blocked, ({ status }) => status === "queued");
      controls.keystore.setReadiness("ready");
      controls.faults.add({
        target: "keystore",
        method: "/wallet/derive-address",
        count: null,
        fault: { kind: "reset" },
      });
      const other = await system.rest("wallet-2").begin([registerStep(1)]);
      controls.faults.clear();
      assert.equal((await system.rest("wallet-2").ended(other)).status, "succeeded");
      assert.equal((await system.rest("wallet-1").ended(blocked)).status, "succeeded");
    }));
});

import assert from "node:assert/strict";
import { keyPairFromSeed } from "@outlayer/near";
import { recordSchema } from "@outlayer/workflow";
import { Actor } from "./support/actors.ts";
import { gateCalls, gateTrace, transactions, view } from "./support/chain-dump.ts";
import { ForgetfulEvidence } from "./support/forgetful-evidence.ts";
import { eventsOf, historyOf } from "./support/history.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { chainsRegister, dust, registerStep } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";

const halt = { on_failure: "halt" };
const firstTierFee = 30_000_000_000_000_000_000_000n;
/** A plain call that fails on chain. */
const failing = { ...registerStep(2), method_name: "nothing" };
const registers = [registerStep(1), registerStep(2), registerStep(3)];

const dispatched = ({ devnet }: System) => gateTrace(devnet).filter(({ ev }) => ev === "intent_dispatched");
const resumes = ({ devnet }: System) => gateCalls(devnet, "resume_intent");
const chains = ({ devnet }: System) => gateCalls(devnet, "resume_batch_chained");
const outcomes = (record: { step_outcomes: { outcome: string }[] }) =>
  record.step_outcomes.map(({ outcome }) => outcome);

/** Resumes that ran, by whether they dispatch or reject. */
function resumed(system: System): { approved: number; rejected: number } {
  const approvals = resumes(system).map(({ transaction }) => {
    const args = Buffer.from(transaction.actions[0]?.FunctionCall?.args ?? "", "base64").toString();
    return JSON.parse(args).approve as boolean;
  });
  const approved = approvals.filter(Boolean).length;
  return { approved, rejected: approvals.length - approved };
}

/** Waits until the product has handed in that many transactions. */
async function sends({ devnet }: System, count: number): Promise<void> {
  while ((devnet.controls.counters.snapshot().rpc.send_tx ?? 0) < count)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describeShapes("a workflow that halts at a failure", (shape) => {
  it("carries its steps out in order, each once the one before it has succeeded, at the first tier's fee each", () =>
    withSystem({ shape }, async (system) => {
      const requestId = await system.rest().begin([dust, dust, dust], "halting", halt);
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual(recordSchema.parse(record), record);
      assert.equal(record.ordering_model, "gate_stepwise");
      assert.deepEqual(
        record.plan_json.steps.map((step: { ordering_model: string }) => step.ordering_model),
        Array(3).fill("gate_stepwise"),
      );
      assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": "-3000000000000000000" });
      assert.equal(record.resume_tx_hash, record.resume_tx_hashes[0]);
      assert.deepEqual(
        record.resume_tx_hashes,
        resumes(system).map(({ transaction }) => transaction.hash),
      );
      assert.equal(record.resume_tx_hashes.length, 3);
      assert.equal(record.fees.gate_fee_yocto, String(3n * firstTierFee));
      assert.equal(chains(system).length, 0);
      for (const step of [1, 2]) {
        const { block_height: ran } = record.dispatch_receipts[step - 1];
        assert.ok(record.dispatch_block_heights[step] > ran + 1, `step ${step + 1} waited for the one before it`);
      }
      const same = await system.rest().begin([dust, dust, dust], "halting", halt);
      assert.equal(same, requestId);
      const { status } = await system.rest().execute([dust, dust, dust], "halting");
      assert.equal(status, 409, "what becomes of a failure is part of the request");
    }));

  it("runs nothing after a step that failed: the rest is rejected, and plain calls have ended at once", () =>
    withSystem({ shape }, async (system) => {
      const requestId = await system.rest().begin([registerStep(1), failing, registerStep(3)], undefined, halt);
      const record = await system.rest().ended(requestId);
      assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
      assert.match(record.user_visible_error, /^step 2 of 3 failed on chain: /);
      assert.deepEqual(outcomes(record), ["succeeded", "failed_on_chain", "not_executed"]);
      assert.equal(dispatched(system).length, 2);
      assert.deepEqual(await view(system.devnet, "register.near", "get"), [1]);
      assert.deepEqual(resumed(system), { approved: 2, rejected: 1 });
      assert.equal(record.fees.gate_fee_yocto, String(3n * firstTierFee));
      assert.equal(record.resume_tx_hashes.length, 3);
      assert.equal(record.dispatch_block_heights[2], null);
      const took = system.devnet.chain.head.height - BigInt(record.dispatch_block_heights[1]);
      assert.ok(took < 60n, `it ended ${took} blocks after the failure, not when the rest would have timed out`);
    }));

  it("says of payloads that it did not run until when others may carry them, and that they were not executed after that", () =>
    withSystem({ shape }, async (system) => {
      const requestId = await system.rest().begin([failing, dust], undefined, halt);
      const settling = await system.rest().until(requestId, ({ status }) => status === "settling");
      assert.deepEqual(outcomes(settling), ["failed_on_chain", "still_possible"]);
      assert.match(settling.user_visible_error, /; step 2 of 2 may still execute until .*Z; do not repeat before$/);
      const record = await system.rest().ended(requestId);
      assert.deepEqual([record.status, ...outcomes(record)], ["failed", "failed_on_chain", "not_executed"]);
      assert.deepEqual(resumed(system), { approved: 1, rejected: 1 });
    }));

  it("takes more steps than one chain of the gate may have", () =>
    withSystem({ shape, environment: chainsRegister }, async (system) => {
      system.devnet.controls.gate.setTiers([[3, firstTierFee]]);
      system.devnet.controls.blocks.mine({ blocks: 3 });
      const steps = Array.from({ length: 5 }, (_, index) => registerStep(index));
      const chained = await system.rest().post("/workflows/plan", { steps });
      assert.equal(chained.body.accepted, false);
      const { body: plan } = await system.rest().post("/workflows/plan", { steps, ...halt });
      assert.equal(plan.executable, true);
      assert.equal(plan.estimates.chained, null);
      assert.equal(plan.estimates.stepwise.gate_fee_yocto, String(5n * firstTierFee));
      const record = await system.rest().ended(await system.rest().begin(steps, undefined, halt));
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual(await view(system.devnet, "register.near", "get"), [...steps.keys()]);
    }));

  for (const [what, holds] of [
    ["its first step was being resumed", (record) => record.resume_tx_hashes.length === 1],
    ["its second step was being resumed", (record) => record.resume_tx_hashes.length === 2],
    ["its second step had been dispatched", (record) => record.dispatch_block_heights[1] !== null],
  ] as const satisfies readonly (readonly [
    string,
    (record: { resume_tx_hashes: string[]; dispatch_block_heights: (number | null)[] }) => boolean,
  ])[]) {
    // Five processes take longer to start than an intent may be pending on such blocks.
    itEmbedded(shape, `goes on after a restart while ${what}, and does nothing twice`, () =>
      withSystem({ shape, devnet: { blockTimeMs: 60 } }, async (system) => {
        const requestId = await system.rest().begin(registers, undefined, halt);
        await system.rest().until(requestId, holds);
        await system.restart();
        const record = await system.rest().ended(requestId);
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.deepEqual(await view(system.devnet, "register.near", "get"), [1, 2, 3]);
        assert.equal(dispatched(system).length, 3);
        assert.deepEqual(resumed(system), { approved: 3, rejected: 0 });
      }),
    );
  }

  itEmbedded(shape, "finds a resume again that only the gate's log has, and sends that one", () => {
    const forgetful = new ForgetfulEvidence("resumePrepared");
    return withSystem({ wrap: forgetful.wrap }, async (system) => {
      const record = await system.rest().ended(await system.rest().begin(registers, undefined, halt));
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(forgetful.hasForgotten, true);
      assert.deepEqual(
        record.resume_tx_hashes,
        resumes(system).map(({ transaction }) => transaction.hash),
      );
      assert.equal(record.resume_tx_hashes.length, 3);
    });
  });

  it("a resume lands on no fork on which the step before it has not succeeded (rule: resume-stands-on-the-blocks-it-saw)", () =>
    withSystem({ shape }, async (system) => {
      const { blocks } = system.devnet.controls;
      // The chain stands still but for what the test lets happen, so that the first result is in the newest block.
      blocks.stop();
      const requestId = await system.rest().begin(registers, undefined, halt);
      await sends(system, 3);
      blocks.mine({ blocks: 2 });
      await sends(system, 4);
      for (let mined = 0; mined < 4; mined += 1) {
        blocks.mine({ blocks: 1 });
        await system.rest().until(requestId, () => true);
      }
      await sends(system, 5);
      const { resume_tx_hashes: before } = await system.rest().record(requestId);
      assert.equal(before.length, 2);
      blocks.fork({ depth: 2, blocks: 3, transactions: "return" });
      blocks.go();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual(await view(system.devnet, "register.near", "get"), [1, 2, 3]);
      assert.equal(dispatched(system).length, 3);
      assert.ok((await eventsOf(system, requestId)).includes("transaction_dead"));
      const landed = transactions(system.devnet).map(({ transaction }) => transaction.hash);
      assert.equal(landed.includes(before[1]), false, "the resume that had named the block which lost");
      assert.ok(landed.includes(before[0]));
    }));

  it("a resume that a node lost is sent again, the same bytes (rule: signed-anew-only-when-dead)", () =>
    withSystem({ shape }, async (system) => {
      const { blocks, faults } = system.devnet.controls;
      blocks.stop();
      const requestId = await system.rest().begin(registers, undefined, halt);
      await sends(system, 3);
      const lost = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "lost" };
      const rule = faults.add({ target: "rpc", method: "send_tx", count: 1, fault: { kind: "error", error: lost } });
      blocks.go();
      const record = await system.rest().ended(requestId);
      assert.equal(
        faults.rules.some(({ id }) => id === rule.id),
        false,
        "the fault happened",
      );
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(record.resume_tx_hashes.length, 3);
      assert.deepEqual(resumed(system), { approved: 3, rejected: 0 });
    }));

  it("one that another has overtaken on the approver's key is signed anew, and held nobody up (rule: dead-needs-a-final-ground)", () =>
    withSystem({ shape }, async (system) => {
      const { blocks, faults } = system.devnet.controls;
      blocks.stop();
      const wallets = ["wallet-1", "wallet-2"];
      const begun = await Promise.all(
        wallets.map((wallet, index) =>
          system.rest(wallet).begin([registerStep(10 * index + 1), registerStep(10 * index + 2)], undefined, halt),
        ),
      );
      await sends(system, 4);
      // Of the two resumes that follow the first arrives behind the second, whose nonce is higher.
      faults.add({ target: "rpc", method: "send_tx", count: 1, fault: { kind: "arrive_late", blocks: 4 } });
      blocks.mine({ blocks: 2 });
      await sends(system, 6);
      blocks.go();
      const records = await Promise.all(begun.map((id, index) => system.rest(wallets[index]).ended(id)));
      assert.deepEqual(
        records.map(({ status }) => status),
        ["succeeded", "succeeded"],
      );
      const dead = await Promise.all(
        begun.map(async (id, index) => (await eventsOf(system, id, wallets[index])).includes("transaction_dead")),
      );
      assert.deepEqual(dead.toSorted(), [false, true]);
      const values = (await view(system.devnet, "register.near", "get")) as number[];
      assert.deepEqual(values.toSorted(), [1, 11, 12, 2].toSorted());
      const last = dead.indexOf(true);
      assert.deepEqual(values.slice(2), [10 * last + 1, 10 * last + 2], "the other had gone on meanwhile");
      const nonces = resumes(system).map(({ transaction }) => Number(transaction.nonce));
      assert.equal(new Set(nonces).size, nonces.length);
    }));

  it("what somebody else resumed of it is recorded as it is, and not resumed again (rule: chain-counts-whoever-acted)", () =>
    withSystem({ shape }, async (system) => {
      const { devnet } = system;
      const other = keyPairFromSeed(new Uint8Array(32).fill(9));
      devnet.controls.accounts.addKey(devnet.approver.accountId, other.publicKey, { kind: "fullAccess" });
      // The product learns late of what happened, so that somebody else is faster.
      const slow = { kind: "delay", ms: 400 } as const;
      devnet.controls.faults.add({ target: "rpc", method: "EXPERIMENTAL_tx_status", count: null, fault: slow });
      const requestId = await system.rest().begin(registers, undefined, halt);
      await until(() => devnet.controls.gate.state.pending.length === 3);
      await new Actor(devnet, devnet.approver.accountId, other).call({
        receiverId: devnet.gateId,
        methodName: "resume_intent",
        args: { intent_id: devnet.controls.gate.state.pending[0], approve: true },
        deposit: firstTierFee,
        gas: 100_000_000_000_000n,
      });
      devnet.controls.faults.clear();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual(await view(devnet, "register.near", "get"), [1, 2, 3]);
      assert.equal(dispatched(system).length, 3);
      assert.equal(record.fees.gate_fee_yocto, String(2n * firstTierFee));
    }));

  it("goes on while the gate is stuck, and so does a lone call", () =>
    withSystem({ shape }, async (system) => {
      await system.devnet.controls.gate.stickTail().done;
      const chained = await system.rest().begin([dust, dust]);
      await system.rest().until(chained, ({ queue }) => queue?.waiting_for === "gate_stuck");
      const halting = await system.rest().begin([dust, dust], undefined, halt);
      const lone = await system.rest().begin([dust]);
      for (const requestId of [halting, lone]) {
        const record = await system.rest().ended(requestId);
        assert.equal(record.status, "succeeded", record.user_visible_error);
      }
      const { body: ready } = await system.rest().post("/workflows/preflight", { steps: [dust, dust], ...halt });
      assert.deepEqual(ready.abort_reasons, []);
      const { body: waits } = await system.rest().post("/workflows/preflight", { steps: [dust, dust] });
      assert.deepEqual(waits.abort_reasons, ["gate_tail"]);
      assert.equal((await system.rest().record(chained)).status, "queued");
      system.devnet.controls.gate.resetTail();
      assert.equal((await system.rest().ended(chained)).status, "succeeded");
    }));

  it("runs beside a chain and beside others like it: ten of them, and a lone call, while a chain of twelve runs", () =>
    withSystem({ shape, devnet: { blockTimeMs: 100 } }, async (system) => {
      const chain = await system.rest("wallet-1").begin(Array(12).fill(dust));
      await system.rest("wallet-1").until(chain, ({ status }) => status === "dispatching");
      // The chain stands still until all of the others are on the gate as well.
      system.devnet.controls.blocks.stop();
      const many = await Promise.all(
        Array.from({ length: 10 }, () => system.rest("wallet-2").begin(registers.slice(0, 2), undefined, halt)),
      );
      const lone = await system.rest("wallet-2").begin([registerStep(4)]);
      await sends(system, 12 + 1 + 20 + 1);
      // Nor does it go on before the first resume of each is sent, however slow the machine is.
      system.devnet.controls.blocks.mine({ blocks: 2 });
      await sends(system, 12 + 1 + 20 + 1 + 11);
      system.devnet.controls.blocks.go();
      const patienceMs = 50_000;
      const loneRecord = await system.rest("wallet-2").ended(lone, patienceMs);
      assert.equal(loneRecord.status, "succeeded", loneRecord.user_visible_error);
      assert.deepEqual(
        [loneRecord.ordering_model, loneRecord.resume_tx_hashes],
        ["gate_stepwise", [loneRecord.resume_tx_hash]],
      );
      const records = await Promise.all(many.map((requestId) => system.rest("wallet-2").ended(requestId, patienceMs)));
      const chainRecord = await system.rest("wallet-1").ended(chain, patienceMs);
      assert.deepEqual(
        [chainRecord, ...records].map(({ status }) => status),
        Array(11).fill("succeeded"),
      );
      assert.equal(dispatched(system).length, 12 + 20 + 1);
      assert.deepEqual(resumed(system), { approved: 21, rejected: 0 });
      const last = chainRecord.dispatch_block_heights.at(-1);
      const beside = records.filter(({ dispatch_block_heights: [first] }) => first < last);
      assert.equal(beside.length, 10, "none waited for the chain");
      assert.ok(loneRecord.dispatch_block_heights[0] < last);
      // What the approver's key signs stands in the gate's log first, each under a nonce of its own.
      const nonces = resumes(system).map(({ transaction }) => Number(transaction.nonce));
      assert.equal(new Set(nonces).size, 21);
    })).timeout(60_000);
});

describe("a workflow that does not mind its ordering", () => {
  const any = { ordering: "any" };
  const steps = [registerStep(1), failing, registerStep(3)];

  const isUnderWay = new Set(["signing", "submitting", "submitted"]);

  /** Begins it while a chain of twelve has the gate. */
  async function behindChain(system: System, wishes: object) {
    const chain = await system.rest("wallet-1").begin(Array(12).fill(dust));
    await system.rest("wallet-1").until(chain, ({ status }) => status === "dispatching");
    // It is decided upon while the chain has all of its way to go, however slow the machine is.
    system.devnet.controls.blocks.stop();
    const requestId = await system.rest("wallet-2").begin(steps, undefined, wishes);
    await system.rest("wallet-2").until(requestId, ({ status, queue }) => queue !== null || isUnderWay.has(status));
    system.devnet.controls.blocks.go();
    const record = await system.rest("wallet-2").ended(requestId);
    const log = (await historyOf(system, requestId, "wallet-2")).map((entry) => JSON.parse(entry).event);
    return { chain: await system.rest("wallet-1").ended(chain), record, log };
  }

  it("goes on step by step where it would wait longer than the operator wants, in order, past a failure", () =>
    withSystem(
      { environment: { ...chainsRegister, GATE_OVERFLOW_BLOCKS: "5" }, devnet: { blockTimeMs: 60 } },
      async (system) => {
        const { chain, record, log } = await behindChain(system, any);
        assert.equal(chain.status, "succeeded");
        assert.equal(record.ordering_model, "gate_stepwise");
        assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
        assert.deepEqual(outcomes(record), ["succeeded", "failed_on_chain", "succeeded"]);
        assert.ok(
          record.dispatch_block_heights[0] < chain.dispatch_block_heights.at(-1),
          "it did not wait for the chain",
        );
        assert.deepEqual(await view(system.devnet, "register.near", "get"), [1, 3]);
        const names = log.map((event) => Object.keys(event)[0]);
        assert.ok(names.indexOf("admitted") < names.indexOf("signed"));
        assert.equal(log.find((event) => event.admitted !== undefined).admitted.resumption, "single");
        assert.equal(record.fees.gate_fee_yocto, String(3n * firstTierFee));
      },
    ));

  it("waits for its turn where the operator wants it so, or its caller", () =>
    withSystem({ environment: chainsRegister }, async (system) => {
      const { chain, record } = await behindChain(system, any);
      assert.equal(record.ordering_model, "gate_chained");
      assert.ok(record.dispatch_block_heights[0] >= chain.dispatch_block_heights.at(-1));
      await system.restart({ GATE_OVERFLOW_BLOCKS: "5" });
      const second = await behindChain(system, {});
      assert.equal(second.record.ordering_model, "gate_chained");
    })).timeout(40_000);
});

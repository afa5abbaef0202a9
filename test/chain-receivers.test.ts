import assert from "node:assert/strict";
import { gateCalls, view } from "./support/chain-dump.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { dust, registerStep, setRegister, three } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";

const failing = { ...registerStep(2), method_name: "nothing" };
/** A call whose target returns a promise, and puts its answer off for thousands of blocks. */
const held = {
  ...registerStep(0),
  receiver_id: "hostile.near",
  method_name: "hold",
  gas: "100000000000000",
  args_json: {},
};

/** The same from behind the verifier, which calls a contract at the wallet's wish. */
const heldByVerifier = {
  kind: "intents.execute_raw",
  intents: [{ intent: "auth_call", contract_id: "hostile.near", msg: "" }],
};

const chains = ({ devnet }: System) => gateCalls(devnet, "resume_batch_chained");
const singles = ({ devnet }: System) => gateCalls(devnet, "resume_intent").map(({ transaction }) => transaction.hash);
const outcomes = (record: { step_outcomes: { outcome: string }[] }) =>
  record.step_outcomes.map(({ outcome }) => outcome);

describeShapes("calls of contracts that no chain takes", (shape) => {
  it("go step by step in their order, past a failure, as plan and record say", () =>
    withSystem({ shape }, async (system) => {
      const steps = [registerStep(1), failing, registerStep(3)];
      const { body: plan } = await system.rest().post("/workflows/plan", { steps });
      assert.deepEqual(
        plan.steps.map((step: { ordering_model: string }) => step.ordering_model),
        Array(3).fill("gate_stepwise"),
      );
      assert.equal(plan.estimates.chained, null);
      const record = await system.rest().ended(await system.rest().begin(steps));
      assert.equal(record.ordering_model, "gate_stepwise");
      assert.deepEqual(record.plan_json.steps, plan.steps);
      assert.deepEqual(outcomes(record), ["succeeded", "failed_on_chain", "succeeded"]);
      assert.deepEqual(await view(system.devnet, "register.near", "get"), [1, 3]);
      assert.deepEqual(record.resume_tx_hashes, singles(system));
      assert.equal(record.resume_tx_hash, record.resume_tx_hashes[0]);
      assert.equal(chains(system).length, 0);
    }));

  it("go step by step in a batch as well", () =>
    withSystem({ shape }, async (system) => {
      const calls = [setRegister(33), setRegister(11), setRegister(22)];
      const batch = { gate_id: system.devnet.gateId, calls };
      const { body } = await system.rest().post("/sequential-batch", batch, { prefer: "wait=0" });
      const record = await system.rest().ended(body.request_id);
      assert.equal(record.status, "succeeded");
      assert.equal(record.ordering_model, "gate_stepwise");
      assert.deepEqual(record.resume_tx_hashes, singles(system));
      assert.equal(record.resume_tx_hash, record.resume_tx_hashes[0]);
      assert.deepEqual(await view(system.devnet, "register.near", "get"), [33, 11, 22]);
      assert.equal(chains(system).length, 0);
    }));

  itEmbedded(shape, "are one chain once the operator names them; what was opened before stays as it was planned", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.blocks.stop();
      const before = await system.rest().begin([registerStep(1), registerStep(2)]);
      await system.restart({ GATE_CHAIN_RECEIVERS: "count.mike.near,register.near" });
      system.devnet.controls.blocks.go();
      const first = await system.rest().ended(before);
      assert.deepEqual([first.status, first.ordering_model], ["succeeded", "gate_stepwise"]);
      assert.equal(chains(system).length, 0);
      const second = await system.rest().ended(await system.rest().begin([registerStep(3), registerStep(4)]));
      assert.deepEqual([second.status, second.ordering_model], ["succeeded", "gate_chained"]);
      assert.deepEqual(
        chains(system).map(({ transaction }) => transaction.hash),
        [second.resume_tx_hash],
      );
    }),
  );

  it("cannot hold up other wallets' chains where one never answers", () =>
    withSystem({ shape }, async (system) => {
      const holding = await system.rest("wallet-1").begin([held, registerStep(1)]);
      await system.rest("wallet-1").until(holding, ({ resume_tx_hashes }) => resume_tx_hashes.length > 0);
      for (const wallet of ["wallet-2", "wallet-3"]) {
        const record = await system.rest(wallet).ended(await system.rest(wallet).begin(three));
        assert.equal(record.status, "succeeded", record.user_visible_error);
      }
      const { status, step_outcomes } = await system.rest("wallet-1").record(holding);
      assert.deepEqual([status, step_outcomes[0].outcome], ["dispatching", "in_progress"]);
    })).timeout(60_000);

  it("cannot hold up a chain from behind the verifier either", () =>
    withSystem({ shape }, async (system) => {
      const asking = await system.rest("wallet-1").begin([heldByVerifier, dust, dust]);
      const record = await system.rest("wallet-2").ended(await system.rest("wallet-2").begin(three));
      assert.equal(record.status, "succeeded", record.user_visible_error);
      const { dispatch_block_heights, ordering_model } = await system.rest("wallet-1").record(asking);
      assert.equal(ordering_model, "gate_chained");
      assert.ok(dispatch_block_heights[2] < record.dispatch_block_heights[0], "all of the chain ran before the next");
    })).timeout(60_000);
});

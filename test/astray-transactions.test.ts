import assert from "node:assert/strict";
import { gateCalls } from "./support/chain-dump.ts";
import { eventsOf } from "./support/history.ts";
import { deadlineOnly, dispatches, sends } from "./support/on-chain.ts";
import { describeShapes } from "./support/shapes.ts";
import { three } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";

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

  for (const [title, answers] of [
    [
      "a submission that the winning fork does not have is sent again, the same bytes (rule: ids-of-a-lost-fork-are-withdrawn)",
      true,
    ],
    [
      "it is sent again also where the provider does not tell how long transactions are valid (rule: unknown-error-lets-go)",
      false,
    ],
  ] as const) {
    it(title, () =>
      withSystem({ shape }, async (system) => {
        const { blocks, faults, counters } = system.devnet.controls;
        const method = "EXPERIMENTAL_genesis_config";
        const error = { name: "REQUEST_VALIDATION_ERROR", cause: { name: "METHOD_NOT_FOUND" }, code: -32601 };
        if (!answers) faults.add({ target: "rpc", method, count: null, fault: { kind: "error", error } });
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
        assert.ok((counters.snapshot().rpc[method] ?? 0) > 0, "the period was asked for");
      }),
    );
  }

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
      // Blocks come by the test's hand alone: with more of them before the resume, its window would pass too soon.
      blocks.mine({ blocks: 2 });
      await system.rest().until(requestId, ({ status }) => status === "resuming");
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
      // Being quiet is seen over some 600 polls of a chain that stands still.
    })).timeout(120_000);
});

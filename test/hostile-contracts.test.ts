import assert from "node:assert/strict";
import { recordSchema } from "@outlayer/workflow";
import { describeShapes } from "./support/shapes.ts";
import { dust, setRegister } from "./support/steps.ts";
import { type System, startSystem } from "./support/system.ts";

const hostile = "hostile.near";

describeShapes("contracts that mean ill", (shape) => {
  let system: System;
  before(async () => {
    // Long answers take a loaded machine longer than a view usually may; what never answers is not waited for any less.
    system = await startSystem({ shape, environment: { NEAR_VIEW_TIMEOUT_MS: "8000" } });
  });
  after(() => system.stop());

  const batch = async (checks: readonly object[], calls: readonly object[] = [setRegister(1)]) => {
    const request = { gate_id: system.devnet.gateId, calls, post_batch_view_checks: checks };
    let { body } = await system.rest().post("/sequential-batch", request, { prefer: "wait=25" });
    while (body.status_url !== undefined && body.retry_after_ms !== null)
      ({ body } = await system.rest().get(`/sequential-batch/${body.request_id}?wait=20`));
    return body;
  };
  const viewOf = (method_name: string, args_json: object) => ({ contract_id: hostile, method_name, args_json });
  const call = (method_name: string, args_json: object) => ({
    ...setRegister(0),
    receiver_id: hostile,
    method_name,
    args_json,
  });

  it("cannot answer a view of a caller's so hugely that its workflow never ends, or its endpoint is called away", async () => {
    const record = await batch([
      { ...viewOf("huge", { bytes: 4_000_000 }), expect: "x" },
      viewOf("huge", { bytes: 20_000 }),
      viewOf("huge", { bytes: 16_000 }),
      viewOf("deep", { levels: 3_000 }),
      viewOf("wordy", { bytes: 1_000_000 }),
      viewOf("wordy", { bytes: 30_000 }),
    ]);
    assert.equal(record.status, "succeeded");
    assert.deepEqual(recordSchema.parse(record), record);
    const results: { outcome: string; result: unknown; matches: unknown; error: string }[] =
      record.post_batch_view_results;
    assert.deepEqual(
      results.map(({ outcome, matches }) => [outcome, matches]),
      [
        ["too_large", null],
        ["too_large", null],
        ["answered", null],
        ["too_large", null],
        ["too_large", null],
        ["failed", null],
      ],
    );
    assert.equal(results[2]?.result, "x".repeat(16_000));
    assert.ok(Number(results[5]?.error.length) < 17_000);
    assert.match(String(results[5]?.error), /\[cut: \d+ characters in all\]$/);
  }).timeout(90_000);

  it("cannot hold up its caller by never answering, nor anybody else at all", async () => {
    const never = { kind: "delay", ms: 20_000 } as const;
    const rule = system.devnet.controls.faults.add({
      target: "rpc",
      method: `query:call_function:huge@${hostile}`,
      count: null,
      fault: never,
    });
    const waits = batch([{ ...viewOf("huge", { bytes: 1 }), expect: "x" }, viewOf("deep", { levels: 1 })]);
    const others = await system.rest("wallet-2").execute([dust]);
    assert.equal(others.body.status, "succeeded");
    const record = await waits;
    system.devnet.controls.faults.remove(rule.id);
    assert.equal(record.status, "succeeded");
    const [silent, fine] = record.post_batch_view_results;
    assert.deepEqual([silent.outcome, silent.matches, silent.result], ["no_answer", null, null]);
    assert.deepEqual([fine.outcome, fine.result], ["answered", [0]]);
  }).timeout(90_000);

  it("cannot make a record too large to be written by what they return, log, or panic with", async () => {
    const returned = await batch([], [call("return_huge", { bytes: 4_000_000 })]);
    assert.equal(returned.status, "succeeded", returned.user_visible_error);
    const logged = await batch([], [call("log_huge", { lines: 100, bytes: 60_000 })]);
    assert.equal(logged.status, "succeeded", logged.user_visible_error);
    const { logs } = logged.dispatch_receipts[0];
    assert.ok(logs.join("").length < 70_000, `${logs.join("").length} characters`);
    assert.match(logs.at(-1), /^\[cut: \d+ more\]$/);
    assert.match(logs[0], /\[cut: \d+ characters in all\]$/);
    const panicked = await batch([], [call("panic_huge", { bytes: 4_000_000 })]);
    assert.equal(panicked.status, "failed");
    assert.ok(JSON.stringify(panicked).length < 200_000, `${JSON.stringify(panicked).length} characters`);
  });
});

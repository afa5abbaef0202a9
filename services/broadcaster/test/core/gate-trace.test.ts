import assert from "node:assert/strict";
import { readTrace } from "../../src/core/chain/gate-trace.ts";

describe("reading the gate's trace", () => {
  it("reads every event of the deployed gate's encoding", () => {
    const logs = [
      'trace:{"ev":"intent_submitted","id":7,"sender":"a.near","receiver":"b.near","method":"m","nonce":1}',
      'trace:{"ev":"fee_charged","n":3,"amount":"30000000000000000000000","tier_cap":3}',
      'trace:{"ev":"batch_started","batch_id":1,"n":3,"first_id":7}',
      'trace:{"ev":"intent_dispatched","id":7,"receiver":"b.near","method":"m","seq":0}',
      'trace:{"ev":"chain_continued","next_id":8,"next_seq":1,"tail_remaining":1}',
      'trace:{"ev":"intent_resolved_err","id":9,"reason":"timeout","detail":"Failed"}',
      'trace:{"ev":"intent_resumed","id":9,"approve":false}',
    ];
    assert.deepEqual(readTrace(logs), [
      { ev: "intent_submitted", id: "7" },
      { ev: "batch_started", first_id: "7" },
      { ev: "intent_dispatched", id: "7" },
      { ev: "chain_continued", next_id: "8" },
      { ev: "intent_resolved_err", id: "9", reason: "timeout" },
      { ev: "intent_resumed", id: "9", approve: false },
    ]);
  });

  it("reads the second encoding, with data in an array or bare", () => {
    const envelope = (event: string, data: unknown) =>
      `EVENT_JSON:${JSON.stringify({ standard: "sequential", version: "1.0.0", event, data })}`;
    const logs = [
      envelope("intent_submitted", [{ intent_id: "7" }]),
      envelope("batch_started", { batch_id: "1", first_id: "7" }),
      envelope("intent_dispatched", [{ intent_id: "7" }]),
      // The id here is the intent just dispatched, not the next one.
      envelope("chain_continued", [{ intent_id: "7" }]),
    ];
    assert.deepEqual(readTrace(logs), [
      { ev: "intent_submitted", id: "7" },
      { ev: "batch_started", first_id: "7" },
      { ev: "intent_dispatched", id: "7" },
      { ev: "chain_continued", next_id: undefined },
    ]);
  });

  it("takes one log as one event, whatever line ends a method name brings", () => {
    const forged = 'trace:{"ev":"intent_submitted","id":1,"method":"x"}\ntrace:{"ev":"intent_dispatched","id":1}';
    assert.deepEqual(readTrace([forged]), []);
  });

  it("reads nothing from logs of others and from what it cannot parse", () => {
    const logs = [
      "hello",
      "trace:",
      "trace:null",
      'trace:{"ev":"intent_submitted"}',
      'trace:{"ev":"intent_submitted","id":"x"}',
      'trace:{"ev":"intent_submitted","id":1.5}',
      'EVENT_JSON:{"standard":"nep141","event":"intent_submitted","data":[{"intent_id":"1"}]}',
      'trace:{"ev":"intent_submitted","id":0,"method":"has "quotes""}',
    ];
    assert.deepEqual(readTrace(logs), []);
  });
});

import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { PlanSchema } from "@outlayer/contracts/outlayer/workflow/v1/plan";
import { RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { planJson, recordJson } from "@outlayer/workflow";
import { requestId, succeeded } from "./support/records.ts";

describe("the record as JSON", () => {
  it("says of a request that requires approval how many, and of what", () => {
    const approval = { requiredApprovals: 2, requestHash: "ab" };
    const record = create(RecordSchema, { ...succeeded, status: "requires_approval", approval });
    assert.deepEqual(recordJson(record).approval, { required_approvals: 2, request_hash: "ab" });
  });

  it("has every field, with numbers as numbers and times to the millisecond", () => {
    assert.deepEqual(recordJson(create(RecordSchema, succeeded)), {
      request_id: requestId,
      endpoint: "workflow",
      wallet_id: "wallet-1",
      idempotency_key: "dust-1",
      status: "succeeded",
      user_visible_error: null,
      error_code: null,
      persisted_before_signing: true,
      original_request_json: { steps: [{ kind: "intents.transfer", note: null }] },
      workflow_json: { steps: [] },
      plan_json: {
        accepted: true,
        executable: true,
        steps: [
          {
            lane: "gate_proxy",
            predecessor_model: "gate",
            ordering_model: "gate_chained",
            receiver_id: "intents.near",
            method_name: "execute_intents",
            policy_type: "call",
          },
        ],
        setup_requirements: [],
        unchecked: [],
        gate_id: null,
        estimates: null,
      },
      proxy_predecessor: true,
      predecessor_model: "gate",
      ordering_model: "gate_chained",
      gate_id: "gate.near",
      signed_nep413_payloads: ["{}"],
      signers: [],
      signed_nep366_delegates: ["QAAAAG"],
      submit_tx_hashes: ["9fK2"],
      intent_ids: ["41"],
      resume_tx_hash: "Hq3v",
      resume_tx_hashes: ["Hq3v"],
      dispatch_receipts: [
        {
          intent_id: "41",
          receipt_id: "5rTn",
          receiver_id: "intents.near",
          method_name: "execute_intents",
          block_height: 200000124,
          status: "success",
          logs: ["EVENT_JSON:{}"],
          error: null,
        },
      ],
      dispatch_block_heights: [200000123],
      step_outcomes: [{ outcome: "succeeded", error: null, possible_until: null }],
      balance_deltas: { "nep141:wrap.near:intents": "-1" },
      balance_views: { "nep141:wrap.near:intents": { before: "5", after: "4", ambiguous: false } },
      post_batch_view_results: [
        {
          contract_id: "a.near",
          method_name: "v",
          result: { a: [1] },
          error: null,
          outcome: "answered",
          matches: false,
          block_height: 9,
        },
        {
          contract_id: "a.near",
          method_name: "w",
          result: null,
          error: "no such method",
          outcome: "failed",
          matches: null,
          block_height: 9,
        },
        {
          contract_id: "a.near",
          method_name: "x",
          result: "not JSON",
          error: null,
          outcome: "answered",
          matches: null,
          block_height: 9,
        },
      ],
      approval: null,
      queue: null,
      fees: { gate_fee_yocto: "30000000000000000000000", gas_burnt_yocto: "1", forgotten_tx_hashes: ["t"] },
      direct_user_scope: {},
      direct_user_evidence: {},
      direct_signed_transactions: [],
      status_url: `/wallet/v1/workflows/${requestId}`,
      retry_after_ms: null,
      version: 12,
      head_hash: "ab",
      cancel_requested: false,
      cancel_tx_hashes: [],
      created_at: "2026-04-24T03:06:40.123Z",
      updated_at: "2026-04-24T03:06:41.000Z",
    });
  });

  it("says null where a step has none, and where the record has none", () => {
    const json = recordJson(
      create(RecordSchema, {
        ...succeeded,
        status: "queued",
        signedNep366Delegates: ["", "x"],
        submitTxHashes: ["", "x"],
        intentIds: ["", "7"],
        dispatchReceipts: [{}, { intentId: "7" }],
        dispatchBlockHeights: [0n, 3n],
        stepOutcomes: [{}, { outcome: "still_possible", error: "e", possibleUntil: "u" }],
        queue: { position: 2, waitingFor: "turn" },
        retryAfterMs: 2000,
        balanceViews: { t: { before: "1" } },
      }),
    );
    assert.deepEqual(json.signed_nep366_delegates, [null, "x"]);
    assert.deepEqual(json.submit_tx_hashes, [null, "x"]);
    assert.deepEqual(json.intent_ids, [null, "7"]);
    assert.equal((json.dispatch_receipts as unknown[])[0], null);
    assert.deepEqual(json.dispatch_block_heights, [null, 3]);
    assert.deepEqual(json.step_outcomes, [null, { outcome: "still_possible", error: "e", possible_until: "u" }]);
    assert.deepEqual(json.queue, { position: 2, expected_start_height: null, waiting_for: "turn" });
    assert.equal(json.retry_after_ms, 2000);
    assert.deepEqual(json.balance_views, { t: { before: "1", after: null, ambiguous: false } });
  });

  it("has of a batch refused by its own rules no more of a plan than that", () => {
    assert.deepEqual(planJson(create(PlanSchema)), { accepted: false, steps: [] });
    assert.deepEqual(planJson(undefined), { accepted: false, steps: [] });
  });

  it("has of an empty workflow the whole plan", () => {
    assert.deepEqual(planJson(create(PlanSchema, { accepted: true })), {
      accepted: true,
      executable: false,
      steps: [],
      setup_requirements: [],
      unchecked: [],
      gate_id: null,
      estimates: null,
    });
  });

  it("says what a plan takes either way, and null for what is not known or not possible", () => {
    const stepwise = { gateFeeYocto: "90", attachedGas: "1050", expectedBlocks: 16 };
    const shown = (estimates: object) => planJson(create(PlanSchema, { accepted: true, estimates })).estimates;
    assert.deepEqual(shown({ stepwise }), {
      chained: null,
      stepwise: { gate_fee_yocto: "90", attached_gas: "1050", expected_blocks: 16 },
    });
    assert.deepEqual(shown({ chained: { expectedBlocks: 14 }, stepwise }), {
      chained: { gate_fee_yocto: null, attached_gas: null, expected_blocks: 14 },
      stepwise: { gate_fee_yocto: "90", attached_gas: "1050", expected_blocks: 16 },
    });
  });
});

import type { JsonValue } from "@bufbuild/protobuf";
import { approvalDigest, type progressEventSchema, type recordSchema } from "@outlayer/workflow";
import type { z } from "zod";
import { type ProblemStatus, problemMembers } from "../../problem.ts";
import type { Example, Named } from "../types.ts";
import { call, noProof, proof, scope } from "./direct-user.ts";
import { transferPlan } from "./plans.ts";

type RecordExample = z.infer<typeof recordSchema>;
type ProgressExample = z.infer<typeof progressEventSchema>;

export const exampleRequestId = "0192f3c0-7c1e-7000-8000-000000000001";
export const exampleOtherRequestId = "0192f3c0-9a55-7000-8000-000000000002";
const workflow = {
  steps: [{ kind: "intents.transfer", token: "nep141:wrap.near", amount: "1", receiver_id: "mike.near" }],
};

const succeeded: RecordExample = {
  request_id: exampleRequestId,
  endpoint: "workflow",
  wallet_id: "wallet-1",
  idempotency_key: "dust-1",
  status: "succeeded",
  user_visible_error: null,
  error_code: null,
  persisted_before_signing: true,
  original_request_json: { ...workflow, idempotency_key: "dust-1" },
  workflow_json: workflow,
  plan_json: transferPlan,
  proxy_predecessor: true,
  predecessor_model: "gate",
  ordering_model: "gate_chained",
  gate_id: "gate.sequential.near",
  signed_nep413_payloads: ['{"standard":"nep413","payload":{"recipient":"intents.near"},"signature":"ed25519:…"}'],
  signers: [],
  signed_nep366_delegates: ["QAAAAGEx…"],
  submit_tx_hashes: ["9fK2vX1sTq6mB4nD8cZ7yR3wHj5LgPe2aUxWkFtMoNQi"],
  intent_ids: ["41"],
  resume_tx_hash: "Hq3vN7bZ2kLdR9cTyW5mXfGjPa8sUe4VoQh1JiKtBwMr",
  resume_tx_hashes: ["Hq3vN7bZ2kLdR9cTyW5mXfGjPa8sUe4VoQh1JiKtBwMr"],
  cancel_tx_hashes: [],
  cancel_requested: false,
  dispatch_receipts: [
    {
      intent_id: "41",
      receipt_id: "5rTnCk8vWm3pXz7sLq2bDf9hYj4gNa6eRuVoPiKtMwHc",
      receiver_id: "intents.near",
      method_name: "execute_intents",
      block_height: 200000124,
      status: "success",
      logs: ['EVENT_JSON:{"standard":"dip4","event":"transfer"}'],
      error: null,
    },
  ],
  dispatch_block_heights: [200000123],
  step_outcomes: [{ outcome: "succeeded", error: null, possible_until: null }],
  balance_deltas: { "nep141:wrap.near:intents": "-1" },
  balance_views: { "nep141:wrap.near:intents": { before: "5000", after: "4999", ambiguous: false } },
  post_batch_view_results: [],
  approval: null,
  queue: null,
  fees: {
    gate_fee_yocto: "30000000000000000000000",
    gas_burnt_yocto: "2427934415604750000000",
    forgotten_tx_hashes: [],
  },
  direct_user_scope: {},
  direct_user_evidence: {},
  direct_signed_transactions: [],
  status_url: `/wallet/v1/workflows/${exampleRequestId}`,
  retry_after_ms: null,
  version: 12,
  head_hash: "5f2b7c1d9e8a4036b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778e",
  created_at: "2026-04-24T19:55:00.000Z",
  updated_at: "2026-04-24T19:55:08.400Z",
};

const notRegistered = "Smart contract panicked: The account mike.near is not registered";

/** Its payload was executed, and the token gave back what it was to pay out. */
const refunded: RecordExample = {
  ...succeeded,
  status: "failed",
  error_code: "refunded",
  user_visible_error: `the call was refunded: ${notRegistered}`,
  step_outcomes: [{ outcome: "refunded", error: notRegistered, possible_until: null }],
  balance_deltas: {},
  balance_views: { "nep141:wrap.near:intents": { before: "5000", after: "5000", ambiguous: false } },
};

/** Nothing was signed or sent yet. */
const notSent = {
  signed_nep413_payloads: [],
  signed_nep366_delegates: [null],
  submit_tx_hashes: [null],
  intent_ids: [null],
  resume_tx_hash: null,
  resume_tx_hashes: [],
  dispatch_receipts: [null],
  dispatch_block_heights: [null],
  balance_deltas: {},
  balance_views: {},
  fees: { gate_fee_yocto: "0", gas_burnt_yocto: "0", forgotten_tx_hashes: [] },
} satisfies Partial<RecordExample>;

const queued: RecordExample = {
  ...succeeded,
  ...notSent,
  status: "queued",
  step_outcomes: [{ outcome: "in_progress", error: null, possible_until: null }],
  queue: { position: 2, expected_start_height: 200000118, waiting_for: "turn" },
  retry_after_ms: 2000,
  version: 4,
  updated_at: "2026-04-24T19:55:01.100Z",
};

/** Cancelled while it waited. */
const cancelled: RecordExample = {
  ...succeeded,
  ...notSent,
  status: "cancelled",
  error_code: "cancelled",
  user_visible_error: "it was cancelled at its caller's wish before anything was sent",
  cancel_requested: true,
  step_outcomes: [{ outcome: "not_executed", error: null, possible_until: null }],
  version: 6,
  updated_at: "2026-04-24T19:55:02.300Z",
};

const until = "2026-04-24T20:00:00Z";

/** Cancelled when the gate had it already. */
const cancelling: RecordExample = {
  ...succeeded,
  ...notSent,
  status: "settling",
  error_code: "cancelled",
  user_visible_error: `it was cancelled at its caller's wish; the call may still execute until ${until}; do not repeat before`,
  signed_nep413_payloads: succeeded.signed_nep413_payloads,
  signed_nep366_delegates: succeeded.signed_nep366_delegates,
  submit_tx_hashes: succeeded.submit_tx_hashes,
  intent_ids: succeeded.intent_ids,
  cancel_tx_hashes: ["4tGzQm8LwXc2sVb9nRk5yHd7fJp3aUe6TiMoWxNqKvCr"],
  cancel_requested: true,
  step_outcomes: [{ outcome: "still_possible", error: null, possible_until: until }],
  retry_after_ms: 1000,
  version: 10,
  updated_at: "2026-04-24T19:55:04.700Z",
};

/** Fields of a record that ended without touching the gate. */
const refused = {
  ...notSent,
  proxy_predecessor: false,
  predecessor_model: "none",
  ordering_model: "none",
  gate_id: null,
  step_outcomes: [{ outcome: "not_executed", error: null, possible_until: null }],
  version: 1,
  updated_at: "2026-04-24T19:55:00.000Z",
} satisfies Partial<RecordExample>;

const policyDenied: RecordExample = {
  ...succeeded,
  ...refused,
  status: "policy_denied",
  error_code: "policy_denied",
  user_visible_error: "policy denied before signing: daily limit reached",
  version: 3,
};

const requiresApproval: RecordExample = {
  ...policyDenied,
  status: "requires_approval",
  error_code: "requires_approval",
  user_visible_error: "the wallet's policy requires 2 approvals for this workflow",
  proxy_predecessor: true,
  predecessor_model: "gate",
  ordering_model: "gate_chained",
  approval: {
    required_approvals: 2,
    request_hash: approvalDigest(workflow),
  },
};

const fundingStep = { kind: "funding.wrap_near", amount: "1000000000000000000000000" };
const requirement = "steps[0] does not go through the gate: wrap NEAR with POST /wallet/v1/call first";
const requiresFunding: RecordExample = {
  ...succeeded,
  ...refused,
  status: "requires_funding_setup",
  user_visible_error: requirement,
  original_request_json: { steps: [fundingStep], idempotency_key: "dust-1" },
  workflow_json: { steps: [fundingStep] },
  plan_json: {
    accepted: true,
    executable: false,
    steps: [
      {
        lane: "funding_setup",
        predecessor_model: "wallet",
        ordering_model: "normal_tx_or_view",
        receiver_id: "wrap.near",
        method_name: "near_deposit",
        policy_type: "setup",
      },
    ],
    setup_requirements: [{ step: 0, requirement, route: "POST /wallet/v1/call" }],
    unchecked: [],
    gate_id: null,
    estimates: null,
  },
  predecessor_model: "wallet",
  ordering_model: "normal_tx_or_view",
  signed_nep366_delegates: [],
  submit_tx_hashes: [],
  intent_ids: [],
  dispatch_receipts: [],
  dispatch_block_heights: [],
  step_outcomes: [],
};

const progress: ProgressExample = {
  request_id: exampleRequestId,
  version: 11,
  at: "2026-04-24T19:55:08.200Z",
  event: "step_resolved",
  status: "dispatching",
  terminal: false,
  queue: null,
  submit_tx_hashes: succeeded.submit_tx_hashes,
  intent_ids: succeeded.intent_ids,
  dispatch_block_heights: succeeded.dispatch_block_heights,
  step_outcomes: succeeded.step_outcomes,
  resume_tx_hash: succeeded.resume_tx_hash,
  error_code: null,
  user_visible_error: null,
  head_hash: "77e1c0a4b5d69f8273645566778899aabbccddeeff00112233445566778899aa",
};

/** Example records of one endpoint. */
export interface RecordExamples {
  readonly succeeded: Named<Example>;
  readonly inProgress: Named<Example>;
  readonly failed: Named<Example>;
  readonly conflict: Named<Example>;
}

export const workflowRecords: RecordExamples = recordExamples((record) => record, "/wallet/v1/workflows/execute");

/** After a DELETE, with the end reached and not yet reached. */
export const cancelledRecords: Named<Example> = {
  cancelled: { summary: "Nothing had been submitted", value: asJson(cancelled) },
};
export const cancellingRecords: Named<Example> = {
  cancelling: { summary: "What was submitted is being made impossible", value: asJson(cancelling) },
};

/** @param request the batch in the records */
export function batchRecords(request: { readonly [key: string]: JsonValue }): RecordExamples {
  const path = "/wallet/v1/sequential-batch";
  const ofBatch = (record: RecordExample): RecordExample => ({
    ...record,
    endpoint: "sequential_batch",
    idempotency_key: "batch-1",
    original_request_json: request,
    workflow_json: { steps: [] },
    approval: record.approval === null ? null : { ...record.approval, request_hash: approvalDigest(request) },
    status_url: `${path}/${exampleRequestId}`,
  });
  return recordExamples(ofBatch, path);
}

const noGate = {
  signed_nep413_payloads: [],
  signed_nep366_delegates: [],
  submit_tx_hashes: [],
  intent_ids: [],
  resume_tx_hash: null,
  resume_tx_hashes: [],
  dispatch_receipts: [],
  dispatch_block_heights: [],
  step_outcomes: [],
  balance_deltas: {},
  balance_views: {},
};

const directUserPath = "/wallet/v1/direct-user/function-call";

export const directUserRecords: RecordExamples = recordExamples(ofDirectUser, `${directUserPath}/execute`);

function ofDirectUser(record: RecordExample): RecordExample {
  const ran = record.status === "succeeded";
  const { idempotency_key, ...counted } = call;
  return {
    ...record,
    ...noGate,
    endpoint: "direct_user_function_call",
    idempotency_key,
    original_request_json: call,
    workflow_json: { ...counted, method_name: "increase", gas: "30000000000000", deposit: "0" },
    plan_json: {
      accepted: true,
      executable: true,
      steps: [
        {
          lane: "direct_user",
          predecessor_model: "user",
          ordering_model: "single_tx_atomic",
          receiver_id: "count.mike.near",
          method_name: "increase",
          policy_type: "direct_user",
        },
      ],
      setup_requirements: [],
      unchecked: [],
      gate_id: null,
      estimates: null,
    },
    proxy_predecessor: false,
    predecessor_model: "user",
    ordering_model: "single_tx_atomic",
    approval: null,
    direct_user_scope: scope,
    direct_user_evidence: ran ? proof : noProof,
    direct_signed_transactions: ran ? ["CQAAAG1pa2UubmVhcg…"] : [],
    status_url: `${directUserPath}/${exampleRequestId}`,
  };
}

export const progressFrame = `id: ${progress.version}\nevent: progress\ndata: ${JSON.stringify(progress)}\n\n`;

function recordExamples(of: (record: RecordExample) => RecordExample, path: string): RecordExamples {
  return {
    succeeded: { succeeded: { summary: "Everything happened, in order", value: asJson(of(succeeded)) } },
    inProgress: { queued: { summary: "Waiting for its turn on the gate", value: asJson(of(queued)) } },
    failed: {
      denied: { summary: "The wallet's policy refused it", value: problem(400, of(policyDenied), path) },
      refunded: { summary: "It ran, and all that it had taken came back", value: problem(400, of(refunded), path) },
    },
    conflict: {
      setup: { summary: "Something has to be done first", value: problem(409, of(requiresFunding), path) },
      approval: { summary: "The wallet's policy wants approvals", value: problem(409, of(requiresApproval), path) },
    },
  };
}

function problem(status: ProblemStatus, record: RecordExample, path: string): JsonValue {
  const message = `${record.user_visible_error} (request ${record.request_id})`;
  return asJson({ ...record, ...problemMembers(status, message, path) });
}

/** A value as JSON shows it, without undefined members. */
function asJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

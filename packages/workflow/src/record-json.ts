import {
  create,
  type DescMessage,
  equals,
  type JsonObject,
  type JsonValue,
  type MessageShape,
} from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import type { Estimate, Plan, PlannedStep } from "@outlayer/contracts/outlayer/workflow/v1/plan";
import type { Preflight } from "@outlayer/contracts/outlayer/workflow/v1/preflight";
import {
  type ApprovalNeeded,
  type BalanceView,
  type DispatchReceipt,
  DispatchReceiptSchema,
  type PostViewResult,
  type Queue,
  type Record as RecordMessage,
  type Signer,
  type StepOutcome,
  StepOutcomeSchema,
  type StepSigners,
} from "@outlayer/contracts/outlayer/workflow/v1/record";
import { originalRequestOf, workflowOf } from "./request-text.ts";

/** The record as REST answers it: every field present. `recordSchema` describes it. */
export function recordJson(record: RecordMessage): JsonObject {
  return {
    request_id: record.requestId,
    endpoint: record.endpoint,
    wallet_id: record.walletId,
    idempotency_key: record.idempotencyKey,
    status: record.status,
    user_visible_error: record.userVisibleError ?? null,
    error_code: record.errorCode ?? null,
    persisted_before_signing: record.persistedBeforeSigning,
    original_request_json: originalRequestOf(record),
    workflow_json: workflowOf(record),
    plan_json: planJson(record.planJson),
    proxy_predecessor: record.proxyPredecessor,
    predecessor_model: record.predecessorModel,
    ordering_model: record.orderingModel,
    gate_id: record.gateId ?? null,
    signed_nep413_payloads: record.signedNep413Payloads,
    signers: record.signers.map(stepSignersJson),
    signed_nep366_delegates: record.signedNep366Delegates.map(orNull),
    submit_tx_hashes: record.submitTxHashes.map(orNull),
    intent_ids: record.intentIds.map(orNull),
    resume_tx_hash: record.resumeTxHash ?? null,
    resume_tx_hashes: record.resumeTxHashes,
    cancel_tx_hashes: record.cancelTxHashes,
    cancel_requested: record.cancelRequested,
    dispatch_receipts: record.dispatchReceipts.map((receipt) =>
      unlessEmpty(DispatchReceiptSchema, receipt, receiptJson),
    ),
    dispatch_block_heights: record.dispatchBlockHeights.map(heightOrNull),
    step_outcomes: record.stepOutcomes.map(outcomeOrNull),
    balance_deltas: record.balanceDeltas,
    balance_views: mapValues(record.balanceViews, balanceViewJson),
    post_batch_view_results: record.postBatchViewResults.map(postViewResultJson),
    approval: approvalJson(record.approval),
    queue: queueJson(record.queue),
    fees: {
      gate_fee_yocto: record.fees?.gateFeeYocto || "0",
      gas_burnt_yocto: record.fees?.gasBurntYocto || "0",
      forgotten_tx_hashes: record.fees?.forgottenTxHashes ?? [],
    },
    direct_user_scope: record.directUserScope ?? {},
    direct_user_evidence: record.directUserEvidence ?? {},
    direct_signed_transactions: record.directSignedTransactions,
    status_url: record.statusUrl,
    retry_after_ms: record.retryAfterMs ?? null,
    version: Number(record.version),
    head_hash: record.headHash,
    created_at: timeJson(record.createdAt),
    updated_at: timeJson(record.updatedAt),
  };
}

/** The plan as REST answers it. A plan that was refused before any step was classified has no further fields. */
export function planJson(plan: Plan | undefined): JsonObject {
  if (plan === undefined || (!plan.accepted && plan.steps.length === 0)) return { accepted: false, steps: [] };
  return {
    accepted: plan.accepted,
    executable: plan.executable,
    steps: plan.steps.map(plannedStepJson),
    setup_requirements: plan.setupRequirements.map(({ step, requirement, route }) => ({
      step,
      requirement,
      route: route ?? null,
    })),
    unchecked: plan.unchecked,
    gate_id: plan.gateId ?? null,
    estimates:
      plan.estimates === undefined
        ? null
        : { chained: estimateJson(plan.estimates.chained), stepwise: estimateJson(plan.estimates.stepwise) },
  };
}

function estimateJson(estimate: Estimate | undefined): JsonValue {
  if (estimate === undefined) return null;
  return {
    gate_fee_yocto: estimate.gateFeeYocto ?? null,
    attached_gas: estimate.attachedGas ?? null,
    expected_blocks: estimate.expectedBlocks,
  };
}

/** A preflight as REST answers it. `preflightSchema` describes it. */
export function preflightJson({ ready, abortReasons, checks, finalHeight, plan }: Preflight): JsonObject {
  return {
    ready,
    abort_reasons: abortReasons,
    checks: checks.map(({ name, class: kind, ok, expected, actual, message }) => {
      return { name, class: kind, ok, expected, actual, message };
    }),
    final_height: heightOrNull(finalHeight),
    plan: plan === undefined ? null : planJson(plan),
  };
}

/** A progress event as REST streams it. `progressEventSchema` describes it. */
export function progressEventJson(event: ProgressEvent): JsonObject {
  return {
    request_id: event.requestId,
    version: Number(event.version),
    at: timeJson(event.at),
    event: event.event,
    status: event.status,
    terminal: event.terminal,
    queue: queueJson(event.queue),
    submit_tx_hashes: event.submitTxHashes.map(orNull),
    intent_ids: event.intentIds.map(orNull),
    resume_tx_hash: event.resumeTxHash ?? null,
    dispatch_block_heights: event.dispatchBlockHeights.map(heightOrNull),
    step_outcomes: event.stepOutcomes.map(outcomeOrNull),
    error_code: event.errorCode ?? null,
    user_visible_error: event.userVisibleError ?? null,
    head_hash: event.headHash,
  };
}

function plannedStepJson(step: PlannedStep): JsonObject {
  const { lane, predecessorModel, orderingModel, receiverId, methodName, policyType, reason } = step;
  return {
    lane,
    predecessor_model: predecessorModel,
    ordering_model: orderingModel,
    receiver_id: receiverId,
    method_name: methodName,
    policy_type: policyType,
    ...(reason === undefined ? {} : { reason }),
  };
}

function receiptJson(receipt: DispatchReceipt): JsonObject {
  return {
    intent_id: receipt.intentId,
    receipt_id: receipt.receiptId,
    receiver_id: receipt.receiverId,
    method_name: receipt.methodName,
    block_height: Number(receipt.blockHeight),
    status: receipt.status,
    logs: receipt.logs,
    error: receipt.error ?? null,
  };
}

function outcomeJson({ outcome, error, possibleUntil }: StepOutcome): JsonObject {
  return { outcome, error: error ?? null, possible_until: possibleUntil ?? null };
}

function stepSignersJson({ payloads, delegate }: StepSigners): JsonObject {
  return {
    payloads: payloads.map(({ payloadSha256, intentHash, standard, signer, nonce, deadline, payloadJson }) => ({
      payload_sha256: payloadSha256,
      intent_hash: intentHash,
      standard,
      signer: signerJson(signer),
      nonce,
      deadline,
      payload_json: payloadJson ?? null,
    })),
    delegate: signerJson(delegate),
  };
}

function signerJson(signer: Signer | undefined): JsonValue {
  return signer === undefined ? null : { account_id: signer.accountId, public_key: signer.publicKey };
}

function balanceViewJson({ before, after, ambiguous }: BalanceView): JsonObject {
  return { before, after: after ?? null, ambiguous };
}

function postViewResultJson(result: PostViewResult): JsonObject {
  return {
    contract_id: result.contractId,
    method_name: result.methodName,
    result: result.resultJson === undefined ? null : parsed(result.resultJson),
    error: result.error ?? null,
    outcome: result.outcome || (result.error === undefined ? "answered" : "failed"),
    matches: result.matches ?? null,
    block_height: Number(result.blockHeight),
  };
}

/** A contract's return value need not be JSON; a record must stay readable all the same. */
function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function queueJson(queue: Queue | undefined): JsonValue {
  if (queue === undefined) return null;
  return {
    position: queue.position,
    expected_start_height: queue.expectedStartHeight === undefined ? null : Number(queue.expectedStartHeight),
    waiting_for: queue.waitingFor,
  };
}

function approvalJson(approval: ApprovalNeeded | undefined): JsonValue {
  if (approval === undefined) return null;
  return { required_approvals: approval.requiredApprovals, request_hash: approval.requestHash };
}

function timeJson(time: Timestamp | undefined): string {
  return new Date(time === undefined ? 0 : timestampMs(time)).toISOString();
}

const orNull = (text: string): string | null => (text === "" ? null : text);
const heightOrNull = (height: bigint): number | null => (height === 0n ? null : Number(height));
const outcomeOrNull = (outcome: StepOutcome) => unlessEmpty(StepOutcomeSchema, outcome, outcomeJson);

/** An empty message in a per-step list means that the step has none. */
function unlessEmpty<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  map: (message: MessageShape<D>) => JsonObject,
): JsonObject | null {
  return equals(schema, message, create(schema)) ? null : map(message);
}

function mapValues<T>(values: { readonly [key: string]: T }, map: (value: T) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}

import { z } from "zod";
import { endpoints, errorCodes, type Status, statuses, stepOutcomes } from "./statuses.ts";

const text = (description: string, ...examples: string[]) => z.string().meta({ description, examples });
const bool = (description: string) => z.boolean().meta({ description });
const height = (description: string) =>
  z
    .int()
    .nonnegative()
    .meta({ description, examples: [200000124] });
/** One entry per gate step, in the caller's order. */
const perStep = <T extends z.ZodType>(item: T, description: string) =>
  z.array(item.nullable()).meta({ description: `Per gate step, null where it has none: ${description}` });
const object = (description: string) => z.record(z.string(), z.json()).meta({ description });

const planStepSchema = z
  .object({
    lane: z.enum(["gate_proxy", "funding_setup", "direct_user", "reject"]),
    predecessor_model: z.enum(["gate", "wallet", "view", "user", "none"]),
    ordering_model: z.enum(["gate_chained", "gate_stepwise", "normal_tx_or_view", "single_tx_atomic", "none"]),
    receiver_id: text("The account that is called.", "intents.near"),
    method_name: text("The method that is called; empty where the request gave none.", "execute_intents"),
    policy_type: z.enum(["call", "setup", "direct_user", "reject"]),
    reason: text("Why it was rejected; on the lane `reject` only.").optional(),
  })
  .meta({ id: "PlannedStep", description: "One classified step." });

const setupRequirementSchema = z
  .object({
    step: z.int().nonnegative().meta({ description: "Index of the step, from 0." }),
    requirement: text("A sentence that says what is needed."),
    route: text("The route that provides it; null where no route does.", "POST /wallet/v1/call").nullable(),
  })
  .meta({ id: "SetupRequirement", description: "Something a step needs before it can be executed." });

const estimateSchema = z.object({
  gate_fee_yocto: text(
    "yoctoNEAR that the gate keeps; null while its terms are not known.",
    "90000000000000000000000",
  ).nullable(),
  attached_gas: text(
    "Gas units attached to all transactions, most of which comes back; null while not known.",
    "1050000000000000",
  ).nullable(),
  expected_blocks: z
    .int()
    .positive()
    .meta({
      description:
        "From submission until the last step is final, where nothing delays it. The wait for the gate is not in it.",
      examples: [16],
    }),
});

const planEstimatesSchema = z
  .object({
    chained: estimateSchema.nullable().meta({
      description:
        "As one chain; null where the gate takes none as long, where `on_failure` is `halt`, and where a step calls what the operator lets into no chain.",
    }),
    stepwise: estimateSchema.nullable().meta({ description: "Step by step." }),
  })
  .meta({ id: "PlanEstimates", description: "What carrying it out takes, either way." });

export const planSchema = z
  .object({
    accepted: bool("No step is on the lane `reject`."),
    executable: bool("Accepted, every step on the lane `gate_proxy`, and nothing missing."),
    steps: z.array(planStepSchema).meta({ description: "One per step, in the request's order." }),
    setup_requirements: z.array(setupRequirementSchema),
    unchecked: z
      .array(z.string())
      .meta({ description: "Facts that could not be had, so that their rules were not applied." }),
    gate_id: text("The gate that would carry it; null unless it is executable.", "gate.sequential.near").nullable(),
    estimates: planEstimatesSchema.nullable().meta({
      description: "What carrying it out takes, by one chain and step by step; null unless it is executable.",
    }),
  })
  .meta({ id: "Plan", description: "How a request would be executed." });

const checkSchema = z
  .object({
    name: text("What is asked about.", "relayer_balance"),
    class: z.enum(["blocking", "waiting", "advisory"]).meta({
      description: "What it means for a run when it fails: it would fail, it would wait, or nothing.",
    }),
    ok: bool("It is as expected. False as well for what could not be found out."),
    expected: text("What is expected.", "at least 255000000000000000000000"),
    actual: text("What was found; empty where nothing was.", "1000000000000000000000000"),
    message: text("A sentence: of a check that fails, the one that a run would end with."),
  })
  .meta({ id: "Check", description: "One question and its answer." });

export const preflightSchema = z
  .object({
    ready: bool("No blocking and no waiting check fails."),
    abort_reasons: z
      .array(z.string())
      .meta({ description: "Names of the blocking and waiting checks that fail, in their order." }),
    checks: z.array(checkSchema).meta({ description: "Every check." }),
    final_height: height("Of the final block; null where it could not be had, or was not asked for.").nullable(),
    plan: planSchema.nullable().meta({ description: "The plan of the workflow; null without one." }),
  })
  .meta({ id: "Preflight", description: "Whether a run would succeed now." });

/** The plan of a batch that the rules for batches refused. */
const emptyPlanSchema = z
  .strictObject({ accepted: z.literal(false), steps: z.array(z.never()).max(0) })
  .meta({ id: "RefusedBatchPlan", description: "Of a batch that its own rules refused." });

const dispatchReceiptSchema = z
  .object({
    intent_id: text("The gate's id.", "41"),
    receipt_id: text("Base58."),
    receiver_id: text("The account that was called.", "intents.near"),
    method_name: text("The method that was called.", "execute_intents"),
    block_height: height("Of the block in which the receipt ran."),
    status: z.enum(["success", "failure"]),
    logs: z.array(z.string()),
    error: text("The contract's own text, when it failed.").nullable(),
  })
  .meta({ id: "DispatchReceipt", description: "The receipt of the call itself." });

const stepOutcomeSchema = z
  .object({
    outcome: z.enum(stepOutcomes).meta({
      description:
        "`succeeded` once nothing can take it back any more; `refunded` where it ran and the verifier gave back what it had taken, or a part, which the error then names; `failed_on_chain` with `not refunded` in the error where it ran, its effect failed, and nothing came back; `succeeded_elsewhere` and `partly_elsewhere` where nonces of all payloads, or of some, were used outside this workflow.",
      examples: ["succeeded", "refunded"],
    }),
    error: text("The error met so far.").nullable(),
    possible_until: text(
      "Until when it may still execute: a time, or a block height for a call without a payload.",
      "2026-04-24T20:00:00Z",
    ).nullable(),
  })
  .meta({ id: "StepOutcome", description: "What is known of a step, and no more." });

const queueSchema = z
  .object({
    position: z.int().nonnegative().meta({ description: "From 1; 0 while it waits for something else." }),
    expected_start_height: height("At which it is expected to start.").nullable(),
    waiting_for: text("`turn`, or the error code that the workflow would end with.", "turn"),
  })
  .meta({ id: "Queue", description: "Why a workflow waits." });

const balanceViewSchema = z.object({
  before: text("Raw units, decimal."),
  after: text("Raw units, decimal; null until the end.").nullable(),
  ambiguous: bool("They differ by something else than the workflow's own deltas: others moved money too."),
});

const approvalNeededSchema = z
  .object({
    required_approvals: z
      .int()
      .nonnegative()
      .meta({ description: "How many approvals the wallet's policy asks for.", examples: [2] }),
    request_hash: text(
      "What is to be approved: lower-case hex SHA-256 of the RFC 8785 text of the body less `idempotency_key` and `approval_info`.",
    ),
  })
  .meta({ id: "ApprovalNeeded", description: "What it takes to send it again with `approval_info`." });

/** Outcome of a view call. */
const viewOutcomes = ["answered", "failed", "too_large", "no_answer"] as const;

const postViewResultSchema = z.object({
  contract_id: text("The contract that was asked."),
  method_name: text("The view method."),
  result: z.json().meta({ description: "The answer; null where it failed." }),
  error: text("Why it failed.").nullable(),
  outcome: z.enum(viewOutcomes).meta({
    description:
      "`too_large`: over 16 KiB, or nested more than 64 levels deep; `no_answer`: not within 2 s, asked twice, or 10 s for all views.",
  }),
  matches: bool("Whether the answer equals what was expected; null where nothing was, or it is not known.").nullable(),
  block_height: height("At which it ran."),
});

const signerSchema = z
  .object({
    account_id: text("The account.", "alice.near"),
    public_key: text("Curve, colon and base58.", "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm"),
  })
  .meta({ id: "Signer", description: "An account and one of its keys." });

const stepSignersSchema = z
  .object({
    payloads: z
      .array(
        z.object({
          payload_sha256: text("Lower-case hex SHA-256 of the payload's JSON text."),
          intent_hash: text("By which the verifier names it, base58."),
          standard: text("Its standard.", "raw_ed25519"),
          signer: signerSchema.nullable().meta({ description: "For whom it acts, and the key that signed it." }),
          nonce: text("The verifier's nonce, base64."),
          deadline: text("Until when it can be executed.", "2026-04-24T20:00:00.000Z"),
          payload_json: text("The payload; null until its submission is on record.").nullable(),
        }),
      )
      .meta({ description: "In the order in which they are executed; empty for a step without any." }),
    delegate: signerSchema
      .nullable()
      .meta({ description: "The service wallet, which signed the delegate; null while nobody has." }),
  })
  .meta({ id: "StepSigners", description: "Who signed what of a step." });

const status = z.enum(statuses).meta({ description: "Where it stands.", examples: ["succeeded"] satisfies Status[] });
const errorCode = z.enum(errorCodes).meta({ description: "What went wrong.", examples: ["planner_rejected"] });
const userVisibleError = text("A sentence a user can act on.");

const perStepFields = {
  submit_tx_hashes: perStep(z.string(), "the transaction that submitted it, base58."),
  intent_ids: perStep(z.string(), "the gate's id."),
  dispatch_block_heights: perStep(height("Block height."), "height of the block in which the gate dispatched it."),
  step_outcomes: perStep(stepOutcomeSchema, "what is known of it."),
};

const recordFields = {
  request_id: text("UUID v7.", "0192f3c0-7c1e-7000-8000-000000000000"),
  endpoint: z.enum(endpoints),
  wallet_id: text("The wallet that asked.", "wallet-1"),
  idempotency_key: text("The caller's, or `srv_` and a UUID v7 where it gave none.", "dust-1"),
  status,
  user_visible_error: userVisibleError.nullable(),
  error_code: errorCode.nullable(),
  persisted_before_signing: bool("Always true: recorded before anything was checked, signed or sent."),
  original_request_json: object(
    "The request as it was sent; payloads of `intents.execute_signed` stand in it by their SHA-256.",
  ),
  workflow_json: object("The request as it was planned; payloads as in `original_request_json`."),
  plan_json: z.union([planSchema, emptyPlanSchema]),
  proxy_predecessor: bool("The gate is the predecessor of the calls."),
  predecessor_model: z.enum(["gate", "wallet", "user", "view", "none"]),
  ordering_model: z.enum(["gate_chained", "gate_stepwise", "single_tx_atomic", "normal_tx_or_view", "none"]),
  gate_id: text(
    "The gate that carries the calls; null where none does, and in records from before gates were named.",
    "gate.sequential.near",
  ).nullable(),
  signed_nep413_payloads: z.array(z.string()).meta({
    description:
      "JSON text of each signed payload; only steps that sign one, and whose submission is on record, have an entry.",
  }),
  signers: z.array(stepSignersSchema).meta({
    description: "Per gate step, where the session's account signed the payloads itself; else empty.",
  }),
  signed_nep366_delegates: perStep(
    z.string(),
    "base64 of the signed delegate action, once its submission is on record.",
  ),
  submit_tx_hashes: perStepFields.submit_tx_hashes,
  intent_ids: perStepFields.intent_ids,
  resume_tx_hash: text(
    "The chain's, or a lone call's; step by step the first of `resume_tx_hashes`. Null where it was not ours.",
  ).nullable(),
  resume_tx_hashes: z
    .array(z.string())
    .meta({ description: "All that are ours, in the order in which they were sent: of each step, and of rejects." }),
  cancel_tx_hashes: z.array(z.string()).meta({
    description: "Transactions of ours that use payloads' nonces up, so that what was still possible is not any more.",
  }),
  cancel_requested: bool("Its caller has asked to cancel it."),
  dispatch_receipts: perStep(dispatchReceiptSchema, "the target's receipt."),
  dispatch_block_heights: perStepFields.dispatch_block_heights,
  step_outcomes: perStepFields.step_outcomes,
  balance_deltas: z.record(z.string(), z.string()).meta({
    description: "Signed raw units by `<token id>:intents`; empty when any step is not an intents step.",
    examples: [{ "nep141:wrap.near:intents": "-3000000000000000000" }],
  }),
  balance_views: z.record(z.string(), balanceViewSchema).meta({ description: "By `<token id>:intents`." }),
  post_batch_view_results: z.array(postViewResultSchema),
  approval: approvalNeededSchema.nullable(),
  queue: queueSchema.nullable(),
  fees: z
    .object({
      gate_fee_yocto: text("What the gate kept."),
      gas_burnt_yocto: text("Gas burnt by our transactions and all their receipts."),
      forgotten_tx_hashes: z.array(z.string()).meta({
        description: "Transactions whose cost may be missing here: they may have landed, and no node shows them.",
      }),
    })
    .meta({ description: "What is known so far, yoctoNEAR." }),
  direct_user_scope: object("Of a direct-user call; empty elsewhere."),
  direct_user_evidence: object("Of a direct-user call; empty elsewhere."),
  direct_signed_transactions: z.array(z.string()).meta({ description: "Of a direct-user call, base64." }),
  status_url: text("Where to follow it.", "/wallet/v1/workflows/0192f3c0-7c1e-7000-8000-000000000000"),
  retry_after_ms: z.int().nonnegative().meta({ description: "When to ask again; null once ended." }).nullable(),
  version: z.int().positive().meta({ description: "Number of events in its log." }),
  head_hash: text("Hash of the last event."),
  created_at: z.iso.datetime({ precision: 3 }).meta({ description: "Time of the first event." }),
  updated_at: z.iso.datetime({ precision: 3 }).meta({ description: "Time of the last event." }),
};

export const recordSchema = z
  .object(recordFields)
  // Not `Record` and `Error`: generated clients would shadow their language's own types.
  .meta({ id: "WorkflowRecord", description: "What is known of one request. Every field is always present." });

export const progressEventSchema = z
  .object({
    request_id: recordFields.request_id,
    version: z.int().positive().meta({ description: "A reader that sees every version has missed nothing." }),
    at: z.iso.datetime({ precision: 3 }),
    event: text("What happened.", "step_resolved"),
    status,
    terminal: bool("The workflow has ended; nothing follows."),
    queue: queueSchema.nullable(),
    ...perStepFields,
    resume_tx_hash: recordFields.resume_tx_hash,
    error_code: recordFields.error_code,
    user_visible_error: recordFields.user_visible_error,
    head_hash: recordFields.head_hash,
  })
  .meta({ id: "ProgressEvent", description: "What happened to a workflow. Carries nothing signed." });

const problemFields = {
  error: text("The same as `message`.", "steps[0].amount must be greater than zero"),
  message: text("A sentence a user can act on.", "steps[0].amount must be greater than zero"),
  type: text("RFC 9457.", "about:blank"),
  title: text("RFC 9457.", "Bad Request"),
  detail: text("RFC 9457; the same as `message`."),
  instance: text("RFC 9457: the path that was asked.", "/wallet/v1/workflows/execute"),
};

/** Body of a non-2xx without a record. */
export const errorBodySchema = z
  .object({
    ...problemFields,
    status: z
      .int()
      .min(400)
      .max(599)
      .meta({ description: "RFC 9457: the HTTP status.", examples: [400] }),
    request_id: recordFields.request_id.optional(),
    quota: text("Of a 429: the quota that is used up.", "starts_per_hour").optional(),
    "violated-policies": z
      .array(text("As in `RateLimit-Policy`."))
      .optional()
      .meta({ description: "Of a 429: the same, as the draft of the RateLimit fields names it." }),
  })
  .meta({ id: "Problem", description: "An error without a record." });

/**
 * Body of a non-2xx with a record: the record, and the problem beside it. `status` is the record's: RFC 9457 (3.1) has
 * readers ignore a member of another type than its own.
 */
export const recordErrorBodySchema = z
  .object({ ...recordFields, ...problemFields })
  .meta({ id: "RecordProblem", description: "A record that did not succeed." });

import { z } from "zod";
import { approvalInfo, stepFields as f, idempotencyKey, onFailure, ordering } from "./step-fields.ts";

const tokenReceiver = f.receiver_id
  .unwrap()
  .meta({ description: "The account that gets the tokens.", examples: ["mike.near"] });

/** Fields that a step must have, by kind. A kind that is not here requires nothing. */
export const requiredByKind = {
  "intents.transfer": { token: f.token.unwrap(), amount: f.amount.unwrap(), receiver_id: tokenReceiver },
  "intents.swap": {
    token_in: f.token_in.unwrap(),
    token_out: f.token_out.unwrap(),
    amount_in: f.amount_in.unwrap(),
  },
  "intents.execute_raw": { intents: f.intents.unwrap() },
  "intents.execute_signed": { payloads: f.payloads.unwrap() },
  "intents.add_public_key": { public_key: f.public_key.unwrap() },
  "intents.remove_public_key": { public_key: f.public_key.unwrap() },
};
export const requiredWithoutKind = { receiver_id: f.receiver_id.unwrap(), method_name: f.method_name.unwrap() };

const kind = <const K extends string>(name: K, description: string) =>
  z.literal(name).meta({ description, examples: [name] });
const common = { gas: f.gas, deposit: f.deposit, gate_batch: f.gate_batch };
const funding = { token: f.token, amount: f.amount, receiver_id: f.receiver_id, gate_batch: f.gate_batch };

const stepSchema = z.union([
  z.looseObject({
    kind: kind("intents.transfer", "A transfer within the verifier."),
    ...requiredByKind["intents.transfer"],
    memo: f.memo,
    msg: f.msg,
    min_gas: f.min_gas,
    deadline: f.deadline,
    ...common,
  }),
  z.looseObject({
    kind: kind("intents.swap", "A swap, with the other sides' signed payloads or with a quote's deposit address."),
    ...requiredByKind["intents.swap"],
    min_amount_out: f.min_amount_out,
    counterparty_signed: f.counterparty_signed,
    deposit_address: f.deposit_address,
    deposit_memo: f.deposit_memo,
    quote: f.quote,
    memo: f.memo,
    referral: f.referral,
    deadline: f.deadline,
    ...common,
  }),
  z.looseObject({
    kind: kind("intents.execute_raw", "The verifier's intents as given."),
    ...requiredByKind["intents.execute_raw"],
    deadline: f.deadline,
    ...common,
  }),
  z.looseObject({
    kind: kind(
      "intents.execute_signed",
      "Payloads that the session's account has signed itself, executed together as they are; for sessions alone. With `quote` the one payload is a deposit by that quote, held against `token_out` and `min_amount_out`.",
    ),
    ...requiredByKind["intents.execute_signed"],
    quote: f.quote,
    token_out: f.token_out,
    min_amount_out: f.min_amount_out,
    remove_signing_key: f.remove_signing_key,
    ...common,
  }),
  z.looseObject({
    kind: kind("intents.add_public_key", "Registers a key that from then on acts for the wallet's account as well."),
    ...requiredByKind["intents.add_public_key"],
    deadline: f.deadline,
    ...common,
  }),
  z.looseObject({
    kind: kind("intents.remove_public_key", "Removes a key of the wallet's account."),
    ...requiredByKind["intents.remove_public_key"],
    remove_signing_key: f.remove_signing_key,
    deadline: f.deadline,
    ...common,
  }),
  z.looseObject({ kind: kind("funding.wrap_near", "Wrapping NEAR; planned, not executed."), ...funding }),
  z.looseObject({ kind: kind("funding.intents_deposit", "A deposit into the verifier; planned."), ...funding }),
  z.looseObject({ kind: kind("funding.balance_check", "A look at a balance; planned."), ...funding }),
  z.looseObject({ kind: kind("funding.storage_deposit", "A storage deposit; planned."), ...funding }),
  z.looseObject({
    kind: kind("near.function_call", "A call that must come from the user's own account; planned."),
    receiver_id: f.receiver_id,
    method_name: f.method_name,
    predecessor_requirement: f.predecessor_requirement,
    requires_user_predecessor: f.requires_user_predecessor,
    user_id: f.user_id,
    actions: f.actions,
    gate_batch: f.gate_batch,
  }),
  z
    .looseObject({
      ...requiredWithoutKind,
      ...common,
      route: f.route,
      operation: f.operation,
      requires_user_predecessor: f.requires_user_predecessor,
      args_base64: f.args_base64,
      args_json: f.args_json,
      near_intents: f.near_intents,
    })
    .meta({ description: "An explicit call, with at most one of `args_base64`, `args_json` and `near_intents`." }),
]);

/** Body of `POST /wallet/v1/workflows/plan` and `/execute`, for the API's description. */
export const workflowRequestSchema = z
  .looseObject({
    steps: z.array(stepSchema).meta({ description: "The steps, in the order in which they must happen." }),
    on_failure: onFailure,
    ordering,
    idempotency_key: idempotencyKey,
    approval_info: approvalInfo,
  })
  .meta({
    id: "WorkflowRequest",
    description:
      "A workflow. Unknown fields are kept with the record and ignored, save those that intents, payloads or quotes know: on an `intents.*` step that does not carry them they are refused by name.",
    examples: [
      {
        steps: [{ kind: "intents.transfer", token: "nep141:wrap.near", amount: "1", receiver_id: "mike.near" }],
        idempotency_key: "dust-1",
      },
    ],
  });

export const batchCallSchema = z.looseObject({
  receiver_id: f.receiver_id.unwrap(),
  method_name: f.method_name.unwrap(),
  gas: z.string().meta({
    description: "Gas for the inner call, in gas units, decimal, not zero.",
    examples: ["100000000000000"],
  }),
  deposit: f.deposit,
  args_base64: f.args_base64,
  args_json: f.args_json,
  near_intents: f.near_intents,
  requires_user_predecessor: f.requires_user_predecessor,
});

export const viewCheckSchema = z.looseObject({
  contract_id: z.string().meta({ description: "The contract that is asked.", examples: ["count.mike.near"] }),
  method_name: z.string().meta({ description: "The view method.", examples: ["get_count"] }),
  args_json: z
    .unknown()
    .meta({ description: "Its arguments: a JSON text, or a JSON value. Default `{}`.", examples: [{}] })
    .optional(),
  expect: z
    .unknown()
    .meta({ description: "What it should answer; not compared when absent.", examples: [4] })
    .optional(),
});

/** Body of `POST /wallet/v1/sequential-batch`, for the API's description. */
export const sequentialBatchRequestSchema = z
  .looseObject({
    gate_id: z
      .string()
      .meta({ description: "The gate that is to carry the calls.", examples: ["gate.sequential.near"] }),
    calls: z.array(batchCallSchema).meta({
      description:
        "1 to 3 calls, each with exactly one of `args_base64`, `args_json` and `near_intents`, in the order in which they must happen.",
    }),
    idempotency_key: idempotencyKey,
    post_batch_view_checks: z
      .array(viewCheckSchema)
      .meta({ description: "Views to run at the final block after the last dispatch." })
      .optional(),
    approval_info: approvalInfo,
  })
  .meta({
    id: "SequentialBatchRequest",
    description: "A sequential batch. Unknown fields are kept with the record and ignored.",
    examples: [
      {
        gate_id: "gate.sequential.near",
        calls: [
          {
            receiver_id: "intents.near",
            method_name: "execute_intents",
            near_intents: {
              intents: [{ intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } }],
            },
            gas: "100000000000000",
            deposit: "0",
          },
        ],
        idempotency_key: "batch-1",
      },
    ],
  });

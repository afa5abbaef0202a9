import { z } from "zod";

const text = (description: string, ...examples: string[]) => z.string().meta({ description, examples }).optional();
const objects = (description: string, ...examples: object[][]) =>
  z.array(z.looseObject({})).meta({ description, examples }).optional();

/** Lanes that a caller may ask for. */
const routes = ["gate_proxy", "funding_setup", "direct_user"] as const;

/**
 * Every field that a step may have, with the type that it must have in a step of any kind: a field that is added here is refused
 * where any step has it with another type, which it was not before. Which of them a kind requires is in request-schemas.ts.
 */
export const stepFields = {
  kind: z
    .string()
    .meta({ description: "One of the named kinds. Null counts as absent.", examples: ["intents.transfer"] })
    .nullish(),
  receiver_id: text("The contract that is called.", "count.mike.near"),
  method_name: text("The method that is called; for the gate `[A-Za-z0-9_]{1,256}`.", "increase"),
  gas: text("Gas for the inner call, in gas units, decimal. Default `100000000000000`.", "100000000000000"),
  deposit: text("yoctoNEAR attached to the inner call, decimal. Default `0`.", "0"),
  route: z
    .enum(routes)
    .meta({
      description:
        "The lane the caller vouches for. `gate_proxy`: the target authenticates by signed arguments, not by its predecessor.",
      examples: ["gate_proxy"],
    })
    .optional(),
  operation: text("What the call is for; decides the lane of funding and staking calls.", "staking"),
  requires_user_predecessor: z
    .boolean()
    .meta({ description: "The target must see the user as predecessor.", examples: [false] })
    .optional(),
  predecessor_requirement: text("`user_required` for `near.function_call`.", "user_required"),
  gate_batch: text("Steps that share this name are one batch: all of it goes through the gate, or none.", "batch-1"),
  user_id: text("The user whose key signs.", "mike.near"),
  token: text("A token id; without a standard's prefix it is taken as `nep141:<token>`.", "nep141:wrap.near"),
  amount: text("Raw units, decimal.", "1000000000000000000"),
  memo: text("Memo of the transfer, or of the swap.", "rent"),
  msg: text("Message of a transfer: the receiver is notified with it.", "{}"),
  min_gas: text("Gas that the notification of a transfer must have, in gas units, decimal.", "30000000000000"),
  deadline: text(
    "The latest time until which what is signed may be valid, RFC 3339 with seconds and an offset.",
    "2030-01-01T00:00:00Z",
  ),
  referral: text("The account that referred a swap with counterparties.", "mike.near"),
  token_in: text("The token given.", "nep141:wrap.near"),
  token_out: text("The token got.", "nep141:usdt.tether-token.near"),
  amount_in: text("Raw units of `token_in`, decimal.", "1000000000000000000"),
  min_amount_out: text("Raw units of `token_out`, decimal.", "2500000"),
  counterparty_signed: objects("Payloads that the other sides have signed; they are executed together with ours.", [
    { standard: "raw_ed25519", payload: "{…}", public_key: "ed25519:…", signature: "ed25519:…" },
  ]),
  deposit_address: text("Where a quoted swap's deposit goes.", "0xbff77166b39599e54e391156eef7b8191e02be92"),
  deposit_memo: text("The quote's memo for the deposit; the transfer's memo.", "1111111"),
  quote: z
    .looseObject({})
    .meta({
      description:
        "The quote behind `deposit_address`, or behind the deposit that a session's account has signed, as 1Click answered it: `{quoteRequest, quote, timestamp, signatureWithDepositAddress}`. Its signature, tokens, amounts, receivers and times are held against the step.",
      examples: [{ quoteRequest: {}, quote: {}, timestamp: "2030-01-01T00:00:00Z", signatureWithDepositAddress: "" }],
    })
    .optional(),
  intents: objects("Intents as the verifier takes them.", [
    { intent: "ft_withdraw", token: "wrap.near", receiver_id: "mike.near", amount: "1" },
  ]),
  public_key: text(
    "A key of the wallet's account in the verifier: `ed25519:`, `secp256k1:` or `p256:`, and base58.",
    "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm",
  ),
  remove_signing_key: z
    .boolean()
    .meta({
      description:
        "The key to remove may be the one that signs this very step, or this very payload, after which the account may be able to sign nothing more.",
      examples: [false],
    })
    .optional(),
  payloads: objects("Payloads that the session's account has signed itself, in the verifier's wire form.", [
    { standard: "raw_ed25519", payload: "{…}", public_key: "ed25519:…", signature: "ed25519:…" },
  ]),
  near_intents: z
    .looseObject({})
    .meta({
      description:
        'Intents to sign: `{"intents": [...], "signer_id"?, "deadline"?}`, or `{"kind": "transfer", "token", "amount", "receiver_id"}`.',
      examples: [{ intents: [{ intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } }] }],
    })
    .nullish(),
  args_base64: z
    .string()
    .meta({ description: "Arguments: base64 of the raw bytes; may be empty.", examples: ["e30="] })
    .nullish(),
  args_json: z
    .unknown()
    .meta({ description: "Arguments: a JSON text, or a JSON value.", examples: ["{}", {}] })
    .optional(),
  actions: objects("The calls of a `near.function_call`.", [
    { method_name: "withdraw_reward", gas: "30000000000000", deposit: "0" },
  ]),
};

export const onFailure = z
  .enum(["continue", "halt"])
  .meta({
    description:
      "What becomes of the steps after one that failed on chain. `continue` (the default): the later steps are carried out all the same. `halt`: each step runs only once the one before it succeeded on chain, and a failure rejects the rest; each step then costs the gate's fee for one call.",
    examples: ["halt"],
  })
  .optional();

export const ordering = z
  .enum(["chained", "any"])
  .meta({
    description:
      "`chained` (the default): the steps run as one chain, and wait for their turn on the gate; one by one where a step calls another contract than the verifier or those that the operator lets into chains. `any`: where that wait is long and the operator allows it, they run one by one instead, in order, each once the one before it is through. Without effect where `on_failure` is `halt`.",
    examples: ["any"],
  })
  .optional();

export const approvalInfo = z
  .object({
    request_id: z.string().meta({
      description: "The request that ended in `requires_approval`.",
      examples: ["0192f3c0-7c1e-7000-8000-000000000000"],
    }),
    approver_ids: z
      .array(z.string())
      .meta({ description: "Those who approved, 1 to 32, as the wallet's policy names them.", examples: [["mike"]] }),
    request_hash: z.string().meta({
      description:
        "What they approved: the record's `approval.request_hash`, lower-case hex SHA-256 of the RFC 8785 text of the body less `idempotency_key` and `approval_info`.",
      examples: ["5f2b7c1d9e8a4036b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778e"],
    }),
  })
  .meta({
    description:
      "The approval of a request that is sent again, under a new key and otherwise unchanged, after it ended in `requires_approval`. Accepted only with the internal token, and used up once.",
  })
  .optional();

export const idempotencyKey = z
  .string()
  .meta({
    description:
      "1 to 255 printable ASCII characters; may come as header `Idempotency-Key` or `X-Idempotency-Key` instead. A request without a key is one-shot.",
    examples: ["dust-1"],
  })
  .optional();

import type { JsonObject } from "@bufbuild/protobuf";

/** By kind of step: fields of intents that the step signs, or gives a meaning of its own. */
const carried = {
  "intents.transfer": ["token", "amount", "receiver_id", "memo", "msg", "min_gas", "deadline"],
  "intents.swap": [
    "memo",
    "referral",
    "deadline",
    "deposit_address",
    "deposit_memo",
    "quote",
    "counterparty_signed",
    "min_amount_out",
  ],
  "intents.execute_raw": ["intents", "deadline"],
  "intents.execute_signed": ["payloads", "quote", "token_out", "min_amount_out"],
  "intents.add_public_key": ["public_key", "deadline"],
  "intents.remove_public_key": ["public_key", "deadline"],
} as const;

/** The same for a call with `near_intents`, and for the `near_intents` object. */
const ofCall = ["receiver_id"];
const ofIntentsList = ["intents", "signer_id", "deadline"];
const ofShortForm = [...carried["intents.transfer"], "signer_id"];

type IntentsKind = keyof typeof carried;

/** Fields of the verifier's intents of all kinds; a test compares them with its published schema. */
const ofIntents = [
  "intent",
  "account_id",
  "amount",
  "amounts",
  "attached_deposit",
  "contract_id",
  "deposit_for_account_id",
  "diff",
  "enabled",
  "memo",
  "min_gas",
  "msg",
  "public_key",
  "receiver_id",
  "referral",
  "state_init",
  "storage_deposit",
  "token",
  "token_id",
  "token_ids",
  "tokens",
];

/** Fields of a payload beside its intents. */
const ofPayloads = [
  "callback_url",
  "deadline",
  "intents",
  "message",
  "nonce",
  "payload",
  "recipient",
  "signature",
  "signer_id",
  "standard",
  "verifying_contract",
];

/** Fields of a quote of 1Click or of a solver, and of a quote request. */
const ofQuotes = [
  "amount_out",
  "counterparty_signed",
  "custom_recipient_msg",
  "deposit_address",
  "deposit_memo",
  "deposit_mode",
  "deposit_type",
  "expiration_time",
  "min_amount_in",
  "min_amount_out",
  "quote",
  "quote_hash",
  "quote_hashes",
  "recipient_type",
  "refund_to",
  "refund_type",
  "slippage_tolerance",
  "swap_type",
  "time_when_inactive",
  "virtual_chain_recipient",
  "virtual_chain_refund_recipient",
];

/** Fields of a swap, which a deposit that is signed already says in its payload. */
const ofSwaps = ["amount_in", "token_in", "token_out"];

const foreign: ReadonlySet<string> = new Set([...ofIntents, ...ofPayloads, ...ofQuotes]);
const foreignToSigned: ReadonlySet<string> = new Set([...foreign, ...ofSwaps]);

/**
 * The first field that belongs to intents, payloads or quotes and that a step of this kind does not carry. It would silently be
 * missing from what is signed (rule: known-field-is-never-dropped). Camel case, as in quotes, counts as well. Null is absent.
 */
export function foreignField(kind: IntentsKind, step: object): string | undefined {
  return firstForeign(step, carried[kind], kind === "intents.execute_signed" ? foreignToSigned : foreign);
}

/** The same for a call with `near_intents`: fields beside them are not signed. Other calls have no signed intents. */
export function foreignFieldOfCall(call: { readonly near_intents?: unknown }): string | undefined {
  return call.near_intents == null ? undefined : firstForeign(call, ofCall);
}

/** The same for the `near_intents` of a call: a list of intents, or the short form of a transfer. */
export function foreignFieldOfNearIntents(given: { readonly intents?: unknown }): string | undefined {
  return firstForeign(given, given.intents == null ? ofShortForm : ofIntentsList);
}

function firstForeign(object: object, known: readonly string[], names = foreign): string | undefined {
  // Sorted, so that the answer does not depend on the caller's order.
  return Object.entries(object as JsonObject)
    .filter(([key, value]) => value != null && names.has(snakeCase(key)) && !known.includes(key))
    .map(([key]) => key)
    .sort()[0];
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

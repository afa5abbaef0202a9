import { EncodingError, isAccountId, normalizeTokenId, parseVerifierKey } from "@outlayer/near";
import { formatPlace } from "@outlayer/workflow";
import { z } from "zod";
import { amountProblem, balanceProblem, deltaProblem, gasProblem } from "./amounts.ts";

/** A text with a rule of its own. */
const ruled = (problemOf: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

const text = z.string();
const account = ruled((id) => (isAccountId(id) ? undefined : "is not an account id"));
// The verifier takes no short forms.
const tokenId = ruled((id) => (normalizeTokenId(id) === id ? undefined : "is not a token id"));
/** The part of a token id behind its contract. */
const idWithinContract = ruled((id) => {
  return normalizeTokenId(`nep171:a.near:${id}`) === undefined ? "is not part of a token id" : undefined;
});
const amount = ruled(amountProblem);
const balance = ruled(balanceProblem);
const delta = ruled(deltaProblem);
const gas = ruled(gasProblem).nullish();
const publicKey = ruled((key) => (isPublicKey(key) ? undefined : "is not a public key"));
const filled = <V extends z.ZodType<string>>(value: V) =>
  z.record(tokenId, value).superRefine((tokens, context) => {
    if (Object.keys(tokens).length === 0) context.addIssue({ code: "custom", message: "must not be empty" });
  });

const memo = text.nullish();
const withdrawal = {
  token: account,
  receiver_id: account,
  memo,
  msg: text.nullish(),
  storage_deposit: balance.nullish(),
  min_gas: gas,
};

const mtWithdraw = z
  .strictObject({
    intent: z.literal("mt_withdraw"),
    ...withdrawal,
    token_ids: z.array(idWithinContract).min(1),
    amounts: z.array(amount),
  })
  .superRefine(({ token_ids, amounts }, context) => {
    if (token_ids.length === amounts.length) return;
    context.addIssue({ code: "custom", path: ["amounts"], message: "must be as many as token_ids" });
  });

const storageDeposit = z
  .strictObject({
    intent: z.literal("storage_deposit"),
    contract_id: account,
    deposit_for_account_id: account.nullish(),
    // The field's name in earlier releases, which the verifier still takes.
    account_id: account.nullish(),
    amount,
  })
  .superRefine(({ deposit_for_account_id: current, account_id: former }, context) => {
    if ((current == null) !== (former == null)) return;
    const message = current == null ? "is required" : "must not stand beside account_id";
    context.addIssue({ code: "custom", path: ["deposit_for_account_id"], message });
  });

/**
 * The verifier's published intents. The verifier ignores unknown fields; here they are refused, since a later release could give
 * one a meaning that the wallet's policy was not asked about.
 */
const intentSchema = z.discriminatedUnion("intent", [
  z.strictObject({
    intent: z.literal("transfer"),
    receiver_id: account,
    tokens: filled(amount),
    memo,
    msg: text.nullish(),
    min_gas: gas,
  }),
  z.strictObject({ intent: z.literal("token_diff"), diff: filled(delta), memo, referral: account.nullish() }),
  z.strictObject({ intent: z.literal("ft_withdraw"), ...withdrawal, amount }),
  z.strictObject({ intent: z.literal("nft_withdraw"), ...withdrawal, token_id: idWithinContract }),
  mtWithdraw,
  z.strictObject({ intent: z.literal("native_withdraw"), receiver_id: account, amount }),
  storageDeposit,
  z.strictObject({ intent: z.literal("add_public_key"), public_key: publicKey }),
  z.strictObject({ intent: z.literal("remove_public_key"), public_key: publicKey }),
  z.strictObject({ intent: z.literal("set_auth_by_predecessor_id"), enabled: z.boolean() }),
  z.strictObject({
    intent: z.literal("auth_call"),
    contract_id: account,
    msg: text,
    attached_deposit: balance.nullish(),
    min_gas: gas,
  }),
]);

export type IntentCheck =
  | { readonly problem: string }
  /** `transferTo`: receiver of a `transfer`; `removedKey`: key of a `remove_public_key`. */
  | { readonly problem?: undefined; readonly transferTo?: string; readonly removedKey?: string };

/** @param place e.g. `steps[0].intents[1]` */
export function checkIntent(intent: unknown, place: string): IntentCheck {
  const result = intentSchema.safeParse(intent, { error: textOf });
  if (result.success) {
    const { data } = result;
    if (data.intent === "transfer") return { transferTo: data.receiver_id };
    return data.intent === "remove_public_key" ? { removedKey: data.public_key } : {};
  }
  // Sorted, so that the first problem does not depend on the caller's order of keys.
  const problems = result.error.issues.map((issue) => {
    // A record's invalid key carries its own issue one level deeper.
    const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
    return `${place}${formatPlace(issue.path, "$").slice(1)} ${message}`;
  });
  return { problem: problems.sort()[0] ?? `${place} cannot be read` };
}

function textOf(issue: z.core.$ZodRawIssue): string {
  if (issue.code === "invalid_union") return "is not one of the verifier's intents";
  if (issue.code === "unrecognized_keys")
    return `has an unknown field ${formatPlace(issue.keys.toSorted().slice(0, 1), "")}`;
  if (issue.input === undefined) return "is required";
  if (issue.code === "too_small") return "must not be empty";
  return `must be ${expected(issue)}`;
}

function expected(issue: z.core.$ZodRawIssue): string {
  switch (issue.code === "invalid_type" ? issue.expected : "") {
    case "string":
      return "a string";
    case "boolean":
      return "a boolean";
    case "array":
      return "an array";
    default:
      return "an object";
  }
}

function isPublicKey(key: string): boolean {
  try {
    parseVerifierKey(key);
    return true;
  } catch (error) {
    if (error instanceof EncodingError) return false;
    throw error;
  }
}

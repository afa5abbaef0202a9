import { isAccountId, normalizeTokenId } from "@outlayer/near";
import { z } from "zod";
import type { ActionKind } from "./action-types.ts";

/** Value that leaves the wallet, or goes from it to somebody, by one intent. */
export interface Movement {
  readonly kind: ActionKind;
  /** Full token id, e.g. `nep141:wrap.near`; `native` for NEAR itself. */
  readonly token: string;
  /** Raw units. */
  readonly amount: bigint;
  /** The account that gets it; a swap has none. */
  readonly to?: string;
}

/** Something that policy cannot judge, and that is therefore not allowed. The message is shown to the user. */
export class Unjudgeable extends Error {
  override readonly name = "Unjudgeable";
}

/**
 * NEAR that an intent pays is taken from the wallet's wNEAR in the verifier. Assumes mainnet's wNEAR, which is the one
 * that the verifier is deployed with.
 */
const wrappedNear = "nep141:wrap.near";

const text = z.string({ error: "must be a string" });
const account = text.refine(isAccountId, "must be an account id");
const rawUnits = text.regex(/^\d{1,39}$/, "must be a decimal string").transform(BigInt);
const delta = text.regex(/^-?\d{1,39}$/, "must be a decimal string").transform(BigInt);
// The verifier takes no short forms, so neither does policy.
const tokenId = text.refine((id) => normalizeTokenId(id) === id, "must be a full token id");
const optionalRawUnits = rawUnits.nullish();

// Fields that move nothing. All that is not listed is refused: what the verifier knows and this table does not could move
// value that policy never saw.
const memo = text.nullish();
const withdrawalFields = {
  token: account,
  receiver_id: account,
  memo,
  msg: memo,
  storage_deposit: optionalRawUnits,
  min_gas: memo,
};
const publicKey = { public_key: text };

/** The verifier's intents, with every field that it is known to take. */
const intent = z.discriminatedUnion(
  "intent",
  [
    z.strictObject({
      intent: z.literal("transfer"),
      receiver_id: account,
      tokens: z.record(tokenId, rawUnits),
      memo,
      msg: memo,
      min_gas: memo,
    }),
    z.strictObject({ intent: z.literal("token_diff"), diff: z.record(tokenId, delta), memo, referral: memo }),
    z.strictObject({ intent: z.literal("ft_withdraw"), ...withdrawalFields, amount: rawUnits }),
    z.strictObject({ intent: z.literal("nft_withdraw"), ...withdrawalFields, token_id: text }),
    z.strictObject({
      intent: z.literal("mt_withdraw"),
      ...withdrawalFields,
      token_ids: z.array(text),
      amounts: z.array(rawUnits),
    }),
    z.strictObject({ intent: z.literal("native_withdraw"), receiver_id: account, amount: rawUnits, memo }),
    z.strictObject({
      intent: z.literal("storage_deposit"),
      contract_id: account,
      deposit_for_account_id: account.optional(),
      account_id: account.optional(),
      amount: rawUnits,
    }),
    z.strictObject({
      intent: z.literal("auth_call"),
      contract_id: account,
      msg: text,
      attached_deposit: optionalRawUnits,
      min_gas: memo,
    }),
    z.strictObject({ intent: z.literal("add_public_key"), ...publicKey }),
    z.strictObject({ intent: z.literal("remove_public_key"), ...publicKey }),
    z.strictObject({ intent: z.literal("set_auth_by_predecessor_id"), enabled: z.boolean() }),
  ],
  { error: "is not an intent that policy can judge" },
);

type Intent = z.infer<typeof intent>;

/**
 * What the intents of one payload move, in their order.
 * @param value the parsed `intents_json`
 * @throws Unjudgeable with the place, for anything that is not read the same way by everybody
 */
export function movementsOf(value: unknown): Movement[] {
  if (!Array.isArray(value)) throw new Unjudgeable("intents must be an array");
  return value.flatMap((item, index) => {
    const parsed = intent.safeParse(item);
    if (!parsed.success) throw new Unjudgeable(`intents[${index}]${firstIssue(parsed.error)}`);
    try {
      return movementsOfIntent(parsed.data);
    } catch (error) {
      throw error instanceof Unjudgeable ? new Unjudgeable(`intents[${index}].${error.message}`) : error;
    }
  });
}

function movementsOfIntent(given: Intent): Movement[] {
  switch (given.intent) {
    case "transfer":
      return Object.entries(given.tokens).map(([token, amount]) => {
        return { kind: given.intent, token, amount, to: given.receiver_id };
      });
    case "token_diff":
      return Object.entries(given.diff)
        .filter(([, amount]) => amount < 0n)
        .map(([token, amount]) => ({ kind: given.intent, token, amount: -amount }));
    case "ft_withdraw":
      return withdrawal(given, [{ token: `nep141:${given.token}`, amount: given.amount }]);
    case "nft_withdraw":
      return withdrawal(given, [{ token: `nep171:${given.token}:${given.token_id}`, amount: 1n }]);
    case "mt_withdraw": {
      const amounts = given.amounts;
      if (given.token_ids.length !== amounts.length) throw new Unjudgeable("amounts must be as many as token_ids");
      const parts = given.token_ids.map((id, i) => ({
        token: `nep245:${given.token}:${id}`,
        amount: amounts[i] ?? 0n,
      }));
      return withdrawal(given, parts);
    }
    case "native_withdraw":
      return [{ kind: given.intent, token: wrappedNear, amount: given.amount, to: given.receiver_id }];
    case "storage_deposit":
      return storageDeposit(given.contract_id, given.amount);
    case "auth_call":
      return paid("auth_call", given.contract_id, given.attached_deposit);
    case "add_public_key":
    case "remove_public_key":
    case "set_auth_by_predecessor_id":
      return [];
  }
}

interface Withdrawal {
  readonly intent: "ft_withdraw" | "nft_withdraw" | "mt_withdraw";
  readonly token: string;
  readonly receiver_id: string;
  readonly storage_deposit?: bigint | null | undefined;
}

function withdrawal(given: Withdrawal, parts: readonly { token: string; amount: bigint }[]): Movement[] {
  for (const { token } of parts) {
    if (normalizeTokenId(token) !== token) throw new Unjudgeable("token does not make a token id");
  }
  return [
    ...parts.map((part) => ({ kind: given.intent, ...part, to: given.receiver_id })),
    ...storageDeposit(given.token, given.storage_deposit),
  ];
}

/** `to` is the contract: it is who the NEAR is paid to, whomever it books it for. */
function storageDeposit(contractId: string, amount: bigint | null | undefined): Movement[] {
  return paid("storage_deposit", contractId, amount);
}

function paid(kind: ActionKind, to: string, amount: bigint | null | undefined): Movement[] {
  return amount == null || amount === 0n ? [] : [{ kind, token: wrappedNear, amount, to }];
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return " cannot be read";
  // A key of a record has its own issue inside.
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const path = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `${path} ${message}`;
}

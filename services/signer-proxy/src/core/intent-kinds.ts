import { isAccountId, normalizeTokenId } from "@outlayer/near";
import { z } from "zod";
import type { ActionKind } from "./action-types.ts";
import { depositReceiver } from "./deposit-message.ts";
import type { Movement } from "./movements.ts";
import { Unjudgeable } from "./unjudgeable.ts";

/** The context of an intent that its effects depend on. */
export interface Surroundings {
  readonly verifierId: string;
  /** The wNEAR contract, whose tokens the verifier burns for intents that pay NEAR. */
  readonly wrappedNearId: string;
  /** Signers of the payloads that are executed with it: they receive what a swap gives. */
  readonly counterparties: readonly string[];
  /** `none`: policy is asked about a swap without a receiver. */
  readonly swapTo: SwapTo;
}

export type SwapTo = "counterparty" | "none";

type Moved = Omit<Movement, "kind">;

/** The effects of one kind of the verifier's intents on a wallet. */
interface Row<F extends z.ZodRawShape> {
  /** Every field that the verifier takes. An unlisted field is refused: it could move value that policy never saw. */
  readonly fields: F;
  /** Keys or accounts that get power over the wallet. Absent where the kind gives no power. */
  readonly power?: (given: z.output<z.ZodObject<F>>) => readonly string[];
  /** Amounts that leave the wallet, with their receivers. Absent where the kind moves nothing. */
  readonly moves?: (given: z.output<z.ZodObject<F>>, around: Surroundings) => readonly Moved[];
}

interface Judged {
  readonly power: readonly string[] | undefined;
  readonly moves: readonly Moved[];
}

const text = z.string({ error: "must be a string" });
const account = text.refine(isAccountId, "must be an account id");
const rawUnits = text.regex(/^\d{1,39}$/, "must be a decimal string").transform(BigInt);
const delta = text.regex(/^-?\d{1,39}$/, "must be a decimal string").transform(BigInt);
// The verifier takes no short forms, so neither does policy.
const tokenId = text.refine((id) => normalizeTokenId(id) === id, "must be a full token id");
const optionalText = text.nullish();
const optionalRawUnits = rawUnits.nullish();

const withdrawalFields = {
  token: account,
  receiver_id: account,
  memo: optionalText,
  msg: optionalText,
  storage_deposit: optionalRawUnits,
  min_gas: optionalText,
};

/**
 * By kind of intent: the value that it moves and the power that it gives (rule: power-has-a-type-of-its-own,
 * rule: policy-sees-who-gets-what). Intents of other kinds are not signed. A test compares kinds and fields with the verifier's
 * published schema.
 */
export const intentKinds = {
  transfer: row({
    fields: {
      receiver_id: account,
      tokens: z.record(tokenId, rawUnits),
      memo: optionalText,
      msg: optionalText,
      min_gas: optionalText,
    },
    moves: ({ receiver_id, tokens, msg }, around) => {
      const to = [receiverOf(receiver_id, msg, around)];
      return Object.entries(tokens).map(([token, amount]) => ({ token, amount, to }));
    },
  }),
  token_diff: row({
    fields: { diff: z.record(tokenId, delta), memo: optionalText, referral: optionalText },
    moves: ({ diff }, around) => {
      const deltas = Object.entries(diff);
      const outgoing = deltas.filter(([, amount]) => amount < 0n);
      if (outgoing.length === 0) return [];
      const to = swapReceivers(around);
      const incoming = deltas.filter(([, amount]) => amount > 0n);
      const receives = Object.fromEntries(incoming.map(([token, amount]) => [token, amount.toString()]));
      return outgoing.map(([token, amount]) => ({ token, amount: -amount, to, receives }));
    },
  }),
  ft_withdraw: row({
    fields: { ...withdrawalFields, amount: rawUnits },
    moves: (given, around) => withdrawal(given, [{ token: `nep141:${given.token}`, amount: given.amount }], around),
  }),
  nft_withdraw: row({
    fields: { ...withdrawalFields, token_id: text },
    moves: (given, around) =>
      withdrawal(given, [{ token: `nep171:${given.token}:${given.token_id}`, amount: 1n }], around),
  }),
  mt_withdraw: row({
    fields: { ...withdrawalFields, token_ids: z.array(text), amounts: z.array(rawUnits) },
    moves: (given, around) => {
      const { token, token_ids: ids, amounts } = given;
      if (ids.length !== amounts.length) throw new Unjudgeable(".amounts must be as many as token_ids");
      const parts = ids.map((id, i) => ({ token: `nep245:${token}:${id}`, amount: amounts[i] ?? 0n }));
      return withdrawal(given, parts, around);
    },
  }),
  native_withdraw: row({
    fields: { receiver_id: account, amount: rawUnits },
    moves: ({ receiver_id, amount }, around) => [{ token: wrappedNear(around), amount, to: [receiver_id] }],
  }),
  storage_deposit: row({
    fields: {
      contract_id: account,
      deposit_for_account_id: account.nullish(),
      // The field's name in earlier releases, which the verifier still takes.
      account_id: account.nullish(),
      amount: rawUnits,
    },
    // Two receivers: the contract is paid, and the account that it credits may withdraw the part above the storage's price.
    moves: ({ contract_id, deposit_for_account_id: current, account_id: former, amount }, around) => {
      const booked = current ?? former;
      if (booked == null) throw new Unjudgeable(".deposit_for_account_id is required");
      if (current != null && former != null) {
        throw new Unjudgeable(".deposit_for_account_id must not stand beside account_id");
      }
      return [{ token: wrappedNear(around), amount, to: [...new Set([contract_id, booked])] }];
    },
  }),
  auth_call: row({
    fields: { contract_id: account, msg: text, attached_deposit: optionalRawUnits, min_gas: optionalText },
    // The call authenticates the wallet to the contract, with a deposit or without.
    power: ({ contract_id }) => [contract_id],
    moves: ({ contract_id, attached_deposit }, around) => paid([contract_id], attached_deposit, around),
  }),
  // The key's holder can do everything that the wallet can.
  add_public_key: row({ fields: { public_key: text }, power: ({ public_key }) => [public_key] }),
  remove_public_key: row({ fields: { public_key: text }, power: ({ public_key }) => [public_key] }),
  // It empowers the wallet's own NEAR account, which no address in a policy stands for.
  set_auth_by_predecessor_id: row({ fields: { enabled: z.boolean() }, power: () => [] }),
} satisfies Record<Exclude<ActionKind, "call">, { readonly read: (intent: unknown, around: Surroundings) => Judged }>;

export type IntentKind = keyof typeof intentKinds;

export function isIntentKind(kind: string): kind is IntentKind {
  return Object.hasOwn(intentKinds, kind);
}

function row<F extends z.ZodRawShape>({ fields, power, moves }: Row<F>) {
  const schema = z.strictObject({ intent: z.string(), ...fields });
  return {
    fieldNames: Object.keys(fields),
    givesPower: power !== undefined,
    /** @throws z.ZodError, Unjudgeable with the place within the intent */
    read(intent: unknown, around: Surroundings): Judged {
      const given = schema.parse(intent) as unknown as z.output<z.ZodObject<F>>;
      return { power: power?.(given), moves: moves?.(given, around) ?? [] };
    },
  };
}

interface Withdrawal {
  readonly token: string;
  readonly receiver_id: string;
  readonly msg?: string | null | undefined;
  readonly storage_deposit?: bigint | null | undefined;
}

function withdrawal(
  { token: contract, receiver_id, msg, storage_deposit }: Withdrawal,
  parts: readonly { token: string; amount: bigint }[],
  around: Surroundings,
): Moved[] {
  for (const { token } of parts) {
    if (normalizeTokenId(token) !== token) throw new Unjudgeable(".token does not make a token id");
  }
  const to = [receiverOf(receiver_id, msg, around)];
  // The storage is credited to the receiver, about whom policy is asked anyway.
  return [...parts.map((part) => ({ ...part, to })), ...paid([contract], storage_deposit, around)];
}

/** The receiver of tokens; for tokens that go back to the verifier, the account that their message credits. */
function receiverOf(receiverId: string, msg: string | null | undefined, { verifierId }: Surroundings): string {
  return msg == null || receiverId !== verifierId ? receiverId : depositReceiver(msg, verifierId);
}

function swapReceivers({ counterparties, swapTo }: Surroundings): readonly string[] {
  if (swapTo === "none") return [];
  // An open offer: anybody could take it, so policy cannot be told the receiver.
  if (counterparties.length === 0) {
    throw new Unjudgeable(".diff gives to nobody that can be named: no counterparty has signed beside it");
  }
  return counterparties;
}

function paid(to: readonly string[], amount: bigint | null | undefined, around: Surroundings): Moved[] {
  return amount == null || amount === 0n ? [] : [{ token: wrappedNear(around), amount, to }];
}

/** The verifier pays NEAR for an intent out of the wallet's wNEAR. */
function wrappedNear({ wrappedNearId }: Surroundings): string {
  return `nep141:${wrappedNearId}`;
}

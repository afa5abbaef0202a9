/**
 * Which `type` the wallet's policy is asked about, by what a step does: `call` for the call itself, the rest by the
 * verifier's name of the intent. `storage_deposit` also stands for the storage deposit inside a withdrawal.
 * Source: keystore.md, "Policy".
 */
export const defaultActionTypes = {
  call: "call",
  transfer: "call",
  token_diff: "intents_swap",
  ft_withdraw: "intents_withdraw",
  nft_withdraw: "intents_withdraw",
  mt_withdraw: "intents_withdraw",
  native_withdraw: "intents_withdraw",
  storage_deposit: "intents_withdraw",
  auth_call: "call",
} as const;

/** What a step does that policy has a word in. */
export type ActionKind = keyof typeof defaultActionTypes;

/** The table in force: every kind, with the exact string that policies list. */
export type ActionTypes = Readonly<Record<ActionKind, string>>;

export function isActionKind(text: string): text is ActionKind {
  return Object.hasOwn(defaultActionTypes, text);
}

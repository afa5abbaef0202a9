/**
 * Which `type` the wallet's policy is asked about, by what a step does: `call` for the call itself, the rest by the
 * verifier's name of the intent. `storage_deposit` also stands for the storage deposit inside a withdrawal.
 * Source: docs/counterparts/keystore.md, "Policy".
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

/**
 * Intents that move nothing and change who may act for the wallet (rule: power-has-a-type-of-its-own). They have no type
 * unless the operator names one, and are denied without: no policy was written with them in mind.
 */
export const powerKinds = ["add_public_key", "remove_public_key", "set_auth_by_predecessor_id"] as const;

type PowerKind = (typeof powerKinds)[number];

/** What a step does that policy has a word in. */
export type ActionKind = keyof typeof defaultActionTypes | PowerKind;

/** The table in force: the exact string that policies list, by kind. */
export type ActionTypes = Readonly<Record<keyof typeof defaultActionTypes, string>> &
  Readonly<Partial<Record<PowerKind, string>>>;

/** All that the table may name. */
export const actionKinds: readonly string[] = [...Object.keys(defaultActionTypes), ...powerKinds];

/** Types that wallets' policies list already, for other things. Source: keystore.md, "Policy". */
const publishedTypes = ["transfer", "call", "delete", "intents_withdraw", "intents_swap", "intents_deposit"];

/** A kind whose type stands for something else as well: a policy that allows that would allow this unasked. */
export function sharedPowerKind(types: ActionTypes): PowerKind | undefined {
  const kinds = Object.keys(defaultActionTypes) as (keyof typeof defaultActionTypes)[];
  const taken: readonly (string | undefined)[] = [...publishedTypes, ...kinds.map((kind) => types[kind])];
  return powerKinds.find((kind) => types[kind] !== undefined && taken.includes(types[kind]));
}

/**
 * The `type` that policy is asked about, by kind of action: `call` for the call itself, the others by the verifier's name of the
 * intent. `storage_deposit` also covers the storage deposit inside a withdrawal.
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
 * Intents that move nothing and change who may act for the wallet (rule: power-has-a-type-of-its-own). Unless the operator names
 * a type for them they have none and are denied: no existing policy was written with them in mind.
 */
export const powerKinds = ["add_public_key", "remove_public_key", "set_auth_by_predecessor_id"] as const;

type PowerKind = (typeof powerKinds)[number];

/** A kind of action that policy judges. */
export type ActionKind = keyof typeof defaultActionTypes | PowerKind;

/** The table in force: the exact string that policies list, by kind. */
export type ActionTypes = Readonly<Record<keyof typeof defaultActionTypes, string>> &
  Readonly<Partial<Record<PowerKind, string>>>;

/** All kinds that the table may name. */
export const actionKinds: readonly string[] = [...Object.keys(defaultActionTypes), ...powerKinds];

/** Types that existing policies list for other actions. Source: keystore.md, "Policy". */
const publishedTypes = ["transfer", "call", "delete", "intents_withdraw", "intents_swap", "intents_deposit"];

/** A power whose type also stands for another kind: a policy that allows the other would allow the power unasked. */
export function sharedPowerKind(types: ActionTypes): PowerKind | undefined {
  const kinds = Object.keys(defaultActionTypes) as (keyof typeof defaultActionTypes)[];
  const taken: readonly (string | undefined)[] = [...publishedTypes, ...kinds.map((kind) => types[kind])];
  return powerKinds.find((kind) => types[kind] !== undefined && taken.includes(types[kind]));
}

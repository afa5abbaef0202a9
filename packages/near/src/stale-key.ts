import { accountKind } from "./verifier-account.ts";

/** What a key is on a NEAR account; `not_a_near_key` where its curve is none of NEAR's. */
export type KeyOnNear = "full_access" | "function_call" | "absent" | "not_a_near_key";

/** @param nearKeys the account's access keys */
export function keyOnNear(
  publicKey: string,
  nearKeys: readonly { readonly publicKey: string; readonly fullAccess: boolean }[],
): KeyOnNear {
  if (publicKey.startsWith("p256:")) return "not_a_near_key";
  const found = nearKeys.find((key) => key.publicKey === publicKey);
  if (found === undefined) return "absent";
  return found.fullAccess ? "full_access" : "function_call";
}

/**
 * Whether a key that the verifier takes for an account is stale. A named account had its keys on NEAR before the verifier had them;
 * so had an implicit account from its first transaction on. Accounts of the other kinds hold no such keys there.
 * @param exists whether NEAR has the account
 */
export function isStaleKey(accountId: string, exists: boolean, onNear: KeyOnNear): boolean {
  const kind = accountKind(accountId);
  const mayHold = kind === "named" || (kind === "implicit_near" && exists);
  return mayHold && (onNear === "absent" || onNear === "function_call");
}

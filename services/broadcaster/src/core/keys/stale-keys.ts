import { isStaleKey, type KeyOnNear, keyOnNear } from "@outlayer/near";
import type { AccountKey } from "../ports/near-node.ts";

/** An account's keys at one block. */
export interface KeysAt {
  readonly accountId: string;
  /** The keys that the verifier takes. */
  readonly registered: readonly string[];
  /** The account's access keys; undefined where NEAR does not have the account. */
  readonly onNear: readonly AccountKey[] | undefined;
}

/** A stale key and what it is on NEAR. */
export interface StaleKey {
  readonly publicKey: string;
  readonly onNear: KeyOnNear;
}

/** Stale keys of an account that are told: an account can register as many as it pays for. */
const mostStaleKeys = 100;

/** The stale keys of an account, in order of their text. */
export function staleKeysAt({ accountId, registered, onNear }: KeysAt): readonly StaleKey[] {
  const keys = (onNear ?? []).map(({ publicKey, permission }) => {
    return { publicKey, fullAccess: permission.kind === "full_access" };
  });
  return [...registered]
    .sort()
    .map((publicKey) => ({ publicKey, onNear: keyOnNear(publicKey, keys) }))
    .filter((key) => isStaleKey(accountId, onNear !== undefined, key.onNear))
    .slice(0, mostStaleKeys);
}

import type { Finding } from "../checks/finding.ts";

/** The permission of an access key. */
export type KeyPermission =
  | { readonly kind: "full_access" }
  | {
      readonly kind: "function_call";
      readonly receiverId: string;
      /** Empty: every method. */
      readonly methodNames: readonly string[];
      /** yoctoNEAR that it may still spend on gas; undefined: unlimited. */
      readonly allowanceYocto: bigint | undefined;
    };

/** The call that a key has to permit. Amounts in yoctoNEAR. */
export interface KeyUse {
  readonly receiverId: string;
  readonly methodName: string;
  readonly depositYocto: bigint;
  readonly gasYocto: bigint;
}

/** The wanted keys, and those of them that the account has. */
export interface KeysSeen {
  /** The wanted public key, or `any key`. */
  readonly wanted: string;
  /** Permissions of the wanted keys that are on the account. */
  readonly found: readonly KeyPermission[];
}

/** NEAR's own rule: a function call key calls one contract, some methods, without a deposit, within its allowance. */
export function mayCall(permission: KeyPermission, use: KeyUse): boolean {
  if (permission.kind === "full_access") return true;
  const { receiverId, methodNames, allowanceYocto } = permission;
  if (receiverId !== use.receiverId || use.depositYocto > 0n) return false;
  if (methodNames.length > 0 && !methodNames.includes(use.methodName)) return false;
  return allowanceYocto === undefined || allowanceYocto >= use.gasYocto;
}

/** Whether the account has a key that permits the call. */
export function checkKeys(accountId: string, { wanted, found }: KeysSeen, use: KeyUse): Finding {
  const expected = `${wanted} may call ${use.methodName}`;
  if (found.length === 0) {
    return { ok: false, expected, actual: "not there", message: `${wanted} is not on ${accountId}` };
  }
  if (!found.some((permission) => mayCall(permission, use))) {
    const message = `${wanted} of ${accountId} may not call ${use.methodName} of ${use.receiverId}`;
    return { ok: false, expected, actual: "not allowed to", message };
  }
  return { ok: true, expected, actual: "allowed to", message: `${accountId} has a key that can be used` };
}

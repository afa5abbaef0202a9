import type { DirectUserScope } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { type KeyReason, scopedMethods } from "@outlayer/workflow";
import type { KeyPermission } from "../gate/access-key.ts";

export interface NotInstalled {
  readonly reason: KeyReason;
  readonly message: string;
}

/**
 * Why a key does not count as installed for a scope; undefined when it does.
 * @param permission undefined where there is no such key
 * @param cost of a call, yoctoNEAR
 */
export function judgeKey(
  { userId, receiverId, methodNames }: DirectUserScope,
  permission: KeyPermission | undefined,
  cost: bigint,
): NotInstalled | undefined {
  if (permission === undefined) return { reason: "absent", message: `the key is not on ${userId}` };
  if (permission.kind === "full_access") {
    return { reason: "full_access", message: `the key on ${userId} has full access, which is never used` };
  }
  if (permission.receiverId !== receiverId) {
    const message = `the key on ${userId} is for ${permission.receiverId}, not for ${receiverId}`;
    return { reason: "other_receiver", message };
  }
  const methods = scopedMethods(permission.methodNames).join(", ");
  if (methods !== scopedMethods(methodNames).join(", ")) {
    const given = methods === "" ? "every method" : methods;
    return {
      reason: "other_methods",
      message: `the key on ${userId} is for ${given}, not for ${methodNames.join(", ")}`,
    };
  }
  const { allowanceYocto: allowance } = permission;
  if (allowance === undefined) {
    return { reason: "unlimited_allowance", message: `the key on ${userId} has an unlimited allowance` };
  }
  if (allowance < cost) {
    const message = `the allowance of the key on ${userId} is used up: ${allowance} yoctoNEAR are left, and a call needs up to ${cost}`;
    return { reason: "exhausted", message };
  }
  return undefined;
}

/** The sentence with which a call ends whose key is not installed: the problem, and the remedy. */
export function setupSentence({ message }: NotInstalled, before: string): string {
  return `${message}: install it as POST /wallet/v1/direct-user/function-call-key/prepare says, ${before}`;
}

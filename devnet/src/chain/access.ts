import type { Json } from "./errors.ts";
import type { AccessKeyPermission, Action } from "./types.ts";

/**
 * Whether a key's permission lets it sign these actions for that receiver; the allowance is judged elsewhere.
 * @returns nearcore's `InvalidAccessKeyError`, or undefined where it may
 */
export function checkCallPermission(
  permission: AccessKeyPermission,
  receiver: string,
  actions: readonly Action[],
): Json | undefined {
  if (permission.kind === "fullAccess") return undefined;
  const [action] = actions;
  if (actions.length !== 1 || action?.kind !== "functionCall") return "RequiresFullAccess";
  if (action.deposit > 0n) return "DepositWithFunctionCall";
  if (receiver !== permission.receiverId) {
    return { ReceiverMismatch: { tx_receiver: receiver, ak_receiver: permission.receiverId } };
  }
  if (permission.methodNames.length > 0 && !permission.methodNames.includes(action.methodName)) {
    return { MethodNameMismatch: { method_name: action.methodName } };
  }
  return undefined;
}

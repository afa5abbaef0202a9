import { isAccountId } from "../crypto/account-id.ts";
import type { Json } from "./errors.ts";
import { maxTotalPrepaidGas, totalPrepaidGas } from "./fees.ts";
import type { AccessKeyPermission, Action } from "./types.ts";

const maxActions = 100;
const maxMethodName = 256;
const maxArguments = 4_194_304;
/** Bytes of all method names in a key's permission, with one more for each. */
const maxMethodNamesBytes = 2_000;

/**
 * Limits on actions of a transaction, a contract's promise or a delegate.
 * @returns nearcore's `ActionsValidationError`, or undefined where they pass
 */
export function checkActions(actions: readonly Action[], prepaidLimit = maxTotalPrepaidGas): Json | undefined {
  if (actions.length > maxActions) {
    return { TotalNumberOfActionsExceeded: { total_number_of_actions: actions.length, limit: maxActions } };
  }
  const last = actions.length - 1;
  if (actions.some(({ kind }, index) => kind === "deleteAccount" && index < last)) return "DeleteActionMustBeFinal";
  if (actions.filter(({ kind }) => kind === "delegate").length > 1) return "DelegateActionMustBeOnlyOne";
  for (const action of actions) {
    const refusal = checkAction(action);
    if (refusal !== undefined) return refusal;
  }
  const prepaid = totalPrepaidGas(actions);
  if (prepaid > prepaidLimit) {
    return { TotalPrepaidGasExceeded: { total_prepaid_gas: prepaid, limit: prepaidLimit } };
  }
  return undefined;
}

function checkAction(action: Action): Json | undefined {
  if (action.kind === "delegate") return checkActions(action.signedDelegate.delegateAction.actions);
  if (action.kind === "addKey") return checkNewKey(action.accessKey.permission);
  if (action.kind !== "functionCall") return undefined;
  if (action.gas === 0n) return "FunctionCallZeroAttachedGas";
  const length = Buffer.byteLength(action.methodName);
  if (length > maxMethodName) return { FunctionCallMethodNameLengthExceeded: { length, limit: maxMethodName } };
  if (action.args.length > maxArguments) {
    return { FunctionCallArgumentsLengthExceeded: { length: action.args.length, limit: maxArguments } };
  }
  return undefined;
}

function checkNewKey(permission: AccessKeyPermission): Json | undefined {
  if (permission.kind === "fullAccess") return undefined;
  const { receiverId, methodNames } = permission;
  if (!isAccountId(receiverId)) return { InvalidAccountId: { account_id: receiverId } };
  const lengths = methodNames.map((name) => Buffer.byteLength(name));
  const tooLong = lengths.find((length) => length > maxMethodName);
  if (tooLong !== undefined) return { AddKeyMethodNameLengthExceeded: { length: tooLong, limit: maxMethodName } };
  const total = lengths.reduce((sum, length) => sum + length + 1, 0);
  if (total <= maxMethodNamesBytes) return undefined;
  return { AddKeyMethodNamesNumberOfBytesExceeded: { total_number_of_bytes: total, limit: maxMethodNamesBytes } };
}

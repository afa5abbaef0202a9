import type { BodyFields } from "./body.ts";
import { checkedAccountId } from "./call-arguments.ts";
import { type KeyScope, methodNamesHash } from "./derivation.ts";
import { badRequest } from "./refusal.ts";

/** The scope of a direct-user request as it came. */
export interface GivenScope {
  readonly walletId: string;
  readonly userId: string;
  readonly registryId: string;
  readonly receiverId: string;
  readonly methodNames: readonly string[];
  readonly keyLabel: string | undefined;
}

export interface CheckedScope extends KeyScope {
  readonly label: string;
}

export function readScope(body: BodyFields): GivenScope {
  return {
    walletId: body.text("wallet_id"),
    userId: body.text("user_id"),
    registryId: body.text("registry_id"),
    receiverId: body.text("receiver_id"),
    methodNames: body.texts("method_names"),
    keyLabel: body.optionalText("key_label"),
  };
}

/** The scope with its method names trimmed, sorted and each once. @throws KeystoreRefusal in the keystore's order */
export function checkScope(given: GivenScope): CheckedScope {
  const userId = checkedAccountId("user_id", given.userId);
  const registryId = checkedAccountId("registry_id", given.registryId);
  const receiverId = checkedAccountId("receiver_id", given.receiverId);
  const names = given.methodNames.map((name) => name.trim());
  if (names.includes("")) badRequest("method_names must not contain empty methods");
  if (names.length === 0) badRequest("direct-user FunctionCall key requires at least one method name");
  if (given.keyLabel?.trim() === "") badRequest("key_label must not be empty");
  const methodNames = [...new Set(names)].toSorted();
  const label = given.keyLabel ?? `outlayer:${given.walletId}:direct-user-fc:${registryId}:${receiverId}:v1`;
  return { userId, registryId, receiverId, methodNames, label };
}

export function scopeAnswer(scope: KeyScope): Readonly<Record<string, unknown>> {
  return {
    user_id: scope.userId,
    registry_id: scope.registryId,
    receiver_id: scope.receiverId,
    method_names: scope.methodNames,
    method_names_hash: methodNamesHash(scope.methodNames),
  };
}

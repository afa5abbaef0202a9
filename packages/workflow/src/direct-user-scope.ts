/** What a user's scoped key may call; never with a deposit. */
export interface DirectUserScope {
  readonly userId: string;
  /** Part of the key's derivation path; the registry account signs nothing. */
  readonly registryId: string;
  readonly receiverId: string;
  /** Sorted, each once. */
  readonly methodNames: readonly string[];
}

/** The counter proof's scope, the only one allowed unless the operator configures others. */
export const counterScope: DirectUserScope = {
  userId: "mike.near",
  registryId: "mike.sequential.near",
  receiverId: "count.mike.near",
  methodNames: ["increase"],
};

/** Gas units of a call that names none. */
export const directUserGas = "30000000000000";

/** Method names as the keystore normalizes them before it derives the key: trimmed, sorted, each once. */
export function scopedMethods(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.trim()))].toSorted();
}

/** The allowed scope that equals the one asked for; undefined when none does. */
export function findScope(allowed: readonly DirectUserScope[], asked: DirectUserScope): DirectUserScope | undefined {
  const text = scopeText({ ...asked, methodNames: scopedMethods(asked.methodNames) });
  return allowed.find((scope) => scopeText(scope) === text);
}

/** The refusal's text for a caller that asked for a scope that is not allowed. */
export function scopeRefusal(allowed: readonly DirectUserScope[]): string {
  if (allowed.length === 0) return "direct-user calls are not allowed here";
  return `direct-user calls are allowed for this scope only: ${allowed.map(scopeText).join("; or ")}`;
}

/** `user_id mike.near, registry_id mike.sequential.near, …`; different for different scopes. */
function scopeText({ userId, registryId, receiverId, methodNames }: DirectUserScope): string {
  const methods = JSON.stringify(methodNames);
  return `user_id ${userId}, registry_id ${registryId}, receiver_id ${receiverId}, method_names ${methods}`;
}

/** What a scoped key of a user may be used for; without deposit, always. */
export interface DirectUserScope {
  readonly userId: string;
  /** Only a namespace of the key's derivation; it signs nothing. */
  readonly registryId: string;
  readonly receiverId: string;
  /** Sorted, each once. */
  readonly methodNames: readonly string[];
}

/** The counter proof, which is all that is allowed unless the operator says otherwise. */
export const counterScope: DirectUserScope = {
  userId: "mike.near",
  registryId: "mike.sequential.near",
  receiverId: "count.mike.near",
  methodNames: ["increase"],
};

/** Gas units of a call whose caller names none. */
export const directUserGas = "30000000000000";

/** The names as the keystore takes them before it derives the key: trimmed, sorted, each once. */
export function scopedMethods(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.trim()))].toSorted();
}

/** The scope that is allowed and equal to the one asked for; undefined when none is. */
export function findScope(allowed: readonly DirectUserScope[], asked: DirectUserScope): DirectUserScope | undefined {
  const text = scopeText({ ...asked, methodNames: scopedMethods(asked.methodNames) });
  return allowed.find((scope) => scopeText(scope) === text);
}

/** What to tell who asked for another scope. */
export function scopeRefusal(allowed: readonly DirectUserScope[]): string {
  if (allowed.length === 0) return "direct-user calls are not allowed here";
  return `direct-user calls are allowed for this scope only: ${allowed.map(scopeText).join("; or ")}`;
}

/** `user_id mike.near, registry_id mike.sequential.near, …`, which no two scopes share. */
function scopeText({ userId, registryId, receiverId, methodNames }: DirectUserScope): string {
  const methods = JSON.stringify(methodNames);
  return `user_id ${userId}, registry_id ${registryId}, receiver_id ${receiverId}, method_names ${methods}`;
}

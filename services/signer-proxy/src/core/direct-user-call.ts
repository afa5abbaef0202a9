import type { DirectUserCall } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { type DirectUserScope, findScope, scopeRefusal } from "@outlayer/workflow";
import { InvalidRequest } from "./problems.ts";

/**
 * The scope, if it is allowed here. No key of another scope is derived or used, for any caller.
 * @throws InvalidRequest
 */
export function allowedScope(allowed: readonly DirectUserScope[], asked: DirectUserScope | undefined): DirectUserScope {
  const scope = asked === undefined ? undefined : findScope(allowed, asked);
  if (scope === undefined) throw new InvalidRequest(scopeRefusal(allowed));
  return scope;
}

/** The allowed scope that a call fits into. @throws InvalidRequest */
export function scopeOfCall(allowed: readonly DirectUserScope[], call: DirectUserCall | undefined): DirectUserScope {
  const scope = allowedScope(allowed, call?.scope);
  if (!scope.methodNames.includes(call?.methodName ?? "")) {
    throw new InvalidRequest(`call.method_name must be one of ${scope.methodNames.join(", ")}`);
  }
  return scope;
}

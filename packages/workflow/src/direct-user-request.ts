import type { JsonObject } from "@bufbuild/protobuf";
import { directUserCallRequestSchema, directUserScopeSchema } from "./direct-user-schemas.ts";
import type { DirectUserScope } from "./direct-user-scope.ts";
import { check, formatProblem } from "./first-problem.ts";
import { refuseSigningFields } from "./forbidden-fields.ts";
import { invalidJson } from "./invalid-request.ts";

/** A direct-user call that is well-formed. Whether it is allowed is for the planner to say. */
export interface DirectUserCallRequest {
  readonly scope: DirectUserScope;
  readonly methodName: string | undefined;
  /** As the caller sent it; so are the following fields. */
  readonly gas: string | undefined;
  readonly deposit: string | undefined;
  readonly argsJson: unknown;
  readonly idempotencyKey: string | undefined;
}

/**
 * Reads the scope in the body of a request.
 * @param document as `readJsonObject` answers it
 * @throws InvalidRequest for signing material, and for the first field that is absent or mistyped
 */
export function readDirectUserScope(document: JsonObject): DirectUserScope {
  refuseSigningFields(document);
  const checked = check(directUserScopeSchema.strip(), document);
  if ("problem" in checked) throw invalidJson(formatProblem(checked.problem), checked.problem.place);
  return scopeOf(checked.value);
}

/** Reads the body of a direct-user call. @param document and @throws as `readDirectUserScope` */
export function readDirectUserCall(document: JsonObject): DirectUserCallRequest {
  refuseSigningFields(document);
  const checked = check(directUserCallRequestSchema.strip(), document);
  if ("problem" in checked) throw invalidJson(formatProblem(checked.problem), checked.problem.place);
  const { method_name, gas, deposit, args_json, idempotency_key } = checked.value;
  return {
    scope: scopeOf(checked.value),
    methodName: method_name,
    gas,
    deposit,
    argsJson: args_json,
    idempotencyKey: idempotency_key,
  };
}

interface WrittenScope {
  readonly user_id: string;
  readonly registry_id: string;
  readonly receiver_id: string;
  readonly method_names: readonly string[];
}

function scopeOf({ user_id, registry_id, receiver_id, method_names }: WrittenScope): DirectUserScope {
  return { userId: user_id, registryId: registry_id, receiverId: receiver_id, methodNames: method_names };
}

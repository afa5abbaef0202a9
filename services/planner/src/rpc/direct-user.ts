import type { JsonObject } from "@bufbuild/protobuf";
import type { WalletCaller } from "@outlayer/access";
import type {
  ExecuteDirectUserCallRequest,
  GetDirectUserKeyStatusRequest,
  PrepareDirectUserKeyRequest,
} from "@outlayer/contracts/outlayer/planner/v1/planner";
import {
  DirectUserFunctionCallSchema,
  DirectUserScopeSchema,
} from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { invalid } from "@outlayer/kit";
import { type DirectUserScope, fingerprint, readDirectUserCall, readDirectUserScope } from "@outlayer/workflow";
import { allowedScope, keyCommands, openedDirectUserCall, planDirectUserCall } from "../core/direct-user.ts";
import type { DirectUserKeys } from "../core/ports.ts";
import { documentOfMessage, documentOfText, reading } from "./document.ts";
import { chooseKey, type OpenDeps, open } from "./open.ts";
import { refuseSession } from "./session-limits.ts";

export interface DirectUserDeps {
  readonly scopes: readonly DirectUserScope[];
  /** The network's name in NEAR's command line tool. */
  readonly networkId: string;
  readonly keys: DirectUserKeys;
}

/** Derives the key of a scope, with the commands that install and remove it. */
export async function prepareDirectUserKey(
  deps: DirectUserDeps,
  { body }: PrepareDirectUserKeyRequest,
  caller: WalletCaller,
  signal: AbortSignal,
) {
  refuseSession(caller, "a direct-user call");
  const { walletId } = caller;
  const scope = allowed(
    deps,
    reading(() => readDirectUserScope(scopeDocument(body))),
  );
  const { publicKey, keyLabel, methodNamesHash } = await deps.keys.derive(walletId, scope, signal);
  return {
    scope: written(scope),
    methodNamesHash,
    publicKey,
    keyLabel,
    ...keyCommands(scope, publicKey, deps.networkId),
  };
}

/** Whether that key is on the user's account, with exactly that scope. */
export async function getDirectUserKeyStatus(
  deps: DirectUserDeps,
  { scope: asked }: GetDirectUserKeyStatusRequest,
  caller: WalletCaller,
  signal: AbortSignal,
) {
  refuseSession(caller, "a direct-user call");
  const { walletId } = caller;
  if (asked === undefined) throw invalid("a scope is required");
  const scope = allowed(deps, asked);
  const { publicKey, keyLabel } = await deps.keys.derive(walletId, scope, signal);
  const { $typeName: _, ...found } = await deps.keys.find(scope, publicKey, signal);
  return { scope: written(scope), publicKey, keyLabel, ...found };
}

/** Records a direct-user call, which the broadcaster then carries out. */
export async function executeDirectUserCall(
  deps: Pick<DirectUserDeps, "scopes"> & OpenDeps,
  { body, idempotencyKeys }: ExecuteDirectUserCallRequest,
  caller: WalletCaller,
  signal: AbortSignal,
) {
  refuseSession(caller, "a direct-user call");
  const { walletId } = caller;
  const { original, request, key } = reading(() => {
    const original = callDocument(body);
    const request = readDirectUserCall(original);
    return { original, request, key: chooseKey(deps.ids, request.idempotencyKey, idempotencyKeys) };
  });
  const planned = planDirectUserCall(deps.scopes, request);
  if (planned.problem !== undefined) throw invalid(planned.problem, refusalAbout(planned.field));
  const asked = {
    walletId,
    idempotencyKey: key.text,
    fingerprint: fingerprint("direct_user_function_call", original),
    original,
    approval: undefined,
  };
  return open(deps, key, openedDirectUserCall(asked, planned.call), signal);
}

/** @throws Refusal InvalidArgument that names the allowed scopes */
function allowed({ scopes }: Pick<DirectUserDeps, "scopes">, asked: DirectUserScope): DirectUserScope {
  const found = allowedScope(scopes, asked);
  if (found.problem !== undefined) throw invalid(found.problem, refusalAbout(undefined));
  return found.scope;
}

function refusalAbout(field: string | undefined) {
  return field === undefined ? { reason: "SCOPE_NOT_ALLOWED" } : { reason: "CALL_NOT_ALLOWED", field };
}

function written(scope: DirectUserScope) {
  return { ...scope, methodNames: [...scope.methodNames] };
}

/** @throws as documentOfText; Refusal InvalidArgument without a body */
function scopeDocument(body: PrepareDirectUserKeyRequest["body"]): JsonObject {
  switch (body.case) {
    case "scope":
      return documentOfMessage(DirectUserScopeSchema, body.value, "method_names");
    case "scopeJson":
      return documentOfText(body.value);
    case undefined:
      throw invalid("a scope is required");
  }
}

/** @throws as documentOfText; Refusal InvalidArgument without a body */
function callDocument(body: ExecuteDirectUserCallRequest["body"]): JsonObject {
  switch (body.case) {
    case "call":
      return documentOfMessage(DirectUserFunctionCallSchema, body.value, "method_names");
    case "callJson":
      return documentOfText(body.value);
    case undefined:
      throw invalid("a call is required");
  }
}

import type { JsonObject } from "@bufbuild/protobuf";
import {
  type DirectUserCallRequest,
  type DirectUserScope,
  directUserGas,
  findScope,
  scopeJson,
  scopeRefusal,
} from "@outlayer/workflow";
import { isAtMost, isDecimal } from "./amounts.ts";
import { argsText } from "./gate-call.ts";
import type { KeyedRequest, OpenedInit } from "./opening.ts";
import type { Plan } from "./plan.ts";

/** A validated call, in the form in which it is recorded. */
interface DirectUserCallInit {
  readonly scope: { userId: string; registryId: string; receiverId: string; methodNames: string[] };
  readonly methodName: string;
  /** Gas units, decimal. */
  readonly gas: string;
  readonly args: Uint8Array<ArrayBuffer>;
}

/** A scope that the operator allows, or why it is not allowed. */
export type AllowedScope =
  | { readonly problem: string }
  | { readonly problem?: undefined; readonly scope: DirectUserScope };

/** A call that may be made, or the problem and the field at fault; no field where it is the scope. */
export type PlannedCall =
  | { readonly problem: string; readonly field?: string }
  | { readonly problem?: undefined; readonly call: DirectUserCallInit };

/** Gas units that NEAR lets one call attach at most. */
const mostGas = 300_000_000_000_000n;

/** NEAR that the install command lets a key spend on gas: enough for one call of the usual gas, and some room. */
const allowanceNear = "0.05";

export function allowedScope(scopes: readonly DirectUserScope[], asked: DirectUserScope): AllowedScope {
  const scope = findScope(scopes, asked);
  return scope === undefined ? { problem: scopeRefusal(scopes) } : { scope };
}

/** Plans a call. A call that may not be made is refused by its field, and leaves no record. */
export function planDirectUserCall(scopes: readonly DirectUserScope[], request: DirectUserCallRequest): PlannedCall {
  const allowed = allowedScope(scopes, request.scope);
  if (allowed.problem !== undefined) return allowed;
  const { scope } = allowed;
  const { gas = directUserGas, deposit = "0" } = request;
  const methodName = request.methodName ?? (scope.methodNames.length === 1 ? scope.methodNames[0] : undefined);
  const methods = scope.methodNames.join(", ");
  if (methodName === undefined) return { problem: `method_name is required: one of ${methods}`, field: "method_name" };
  if (!scope.methodNames.includes(methodName))
    return { problem: `method_name must be one of ${methods}`, field: "method_name" };
  if (deposit !== "0") return { problem: 'deposit must be "0": a scoped key cannot attach any', field: "deposit" };
  if (!isDecimal(gas) || gas === "0")
    return { problem: "gas must be a decimal string greater than zero", field: "gas" };
  if (!isAtMost(gas, mostGas)) return { problem: `gas must be at most ${mostGas}`, field: "gas" };
  const text = argsText(request.argsJson ?? {});
  if (text === undefined) return { problem: "args_json is not JSON", field: "args_json" };
  const args = new Uint8Array(new TextEncoder().encode(text));
  return { call: { scope: { ...scope, methodNames: [...scope.methodNames] }, methodName, gas, args } };
}

/** The first event of a direct-user call. */
export function openedDirectUserCall(asked: KeyedRequest, call: DirectUserCallInit): OpenedInit {
  const { walletId, idempotencyKey, fingerprint, original } = asked;
  const { scope, methodName, gas } = call;
  const { receiverId } = scope;
  const planJson: Plan = {
    accepted: true,
    executable: true,
    steps: [
      {
        lane: "direct_user",
        predecessorModel: "user",
        orderingModel: "single_tx_atomic",
        receiverId,
        methodName,
        policyType: "direct_user",
      },
    ],
    setupRequirements: [],
    unchecked: [],
  };
  const workflow: JsonObject = {
    ...scopeJson(scope),
    method_name: methodName,
    gas,
    deposit: "0",
  };
  return {
    endpoint: "direct_user_function_call",
    walletId,
    idempotencyKey,
    fingerprint,
    originalRequestText: JSON.stringify(original),
    workflowText: JSON.stringify(workflow),
    planJson,
    directUserCall: call,
  };
}

/** Commands of NEAR's command line tool that install and remove a key. @param networkId the network's name in that tool */
export function keyCommands(
  { userId, receiverId, methodNames }: DirectUserScope,
  publicKey: string,
  networkId: string,
) {
  const network = `--networkId ${networkId}`;
  const scope = `--contractId ${receiverId} --methodNames ${methodNames.join(",")} --allowance ${allowanceNear}`;
  return {
    installCommand: `near add-key ${userId} ${publicKey} ${scope} ${network}`,
    removeCommand: `near delete-key ${userId} ${publicKey} ${network}`,
  };
}

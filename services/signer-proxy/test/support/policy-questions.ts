import assert from "node:assert/strict";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { type PolicyTerms, policyChecks } from "../../src/core/policy-checks.ts";
import { noUsage, type Usage } from "../../src/core/policy-usage.ts";
import { intentsCall, plainCall, signedBy, terms } from "./samples.ts";

export const wrapped = "nep141:wrap.near";

export function actions(calls: readonly GateCall[], change: Partial<PolicyTerms> = {}, usage: Usage = noUsage) {
  const found = policyChecks(calls, { ...terms, ...change }, usage);
  assert.equal(found.kind, "checks");
  return found.checks;
}

/** What policy is asked about the intents of one step, the call itself left out. */
export function asked(intents: readonly object[], change: Partial<PolicyTerms> = {}, makers: readonly string[] = []) {
  return actions([intentsCall(intents, { counterparty: makers.map(signedBy) })], change)
    .slice(1)
    .map(({ action: { type, token, to, amount, receives } }) => {
      return {
        type,
        token,
        ...(to === undefined ? {} : { to }),
        amount,
        ...(receives === undefined ? {} : { receives }),
      };
    });
}

export function unjudgeable(call: GateCall, usage: Usage = noUsage) {
  const found = policyChecks([plainCall(), call], terms, usage);
  assert.equal(found.kind, "unjudgeable");
  assert.equal(found.step, 1);
  return found.reason;
}

import type { GateCall, OwnPayload } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { type Finding, finding } from "./finding.ts";

/** A payload as the verifier would judge it now. */
interface Judged {
  readonly nonceUsed: boolean;
  readonly accountLocked: boolean;
  readonly saltValid: boolean;
  readonly keyRegistered: boolean;
}

/** A payload that a session's account has signed itself, and its name for people. */
export interface NamedPayload {
  readonly name: string;
  readonly payload: OwnPayload;
}

/** All payloads that the session's account has signed itself, in the order in which they are executed. */
export function ownPayloadsOf(calls: readonly GateCall[]): readonly NamedPayload[] {
  return calls.flatMap(({ payload }, step) => {
    if (payload.case !== "own") return [];
    const { payloads } = payload.value;
    return payloads.map((one, index) => ({
      name: `payload ${index + 1} of ${payloads.length} of step ${step + 1}`,
      payload: one,
    }));
  });
}

/** Whether the verifier would still take the payloads: what the plan found may have changed while the workflow waited. */
export function checkOwnPayloads(own: readonly NamedPayload[], judged: readonly Judged[]): Finding {
  if (own.length === 0) {
    return { ok: true, expected: "any", actual: "none", message: "no step carries payloads that a session has signed" };
  }
  const [problem] = own.flatMap(({ name, payload }, index) => problemOf(name, payload, judged[index]) ?? []);
  return finding(problem === undefined, "all taken", problem === undefined ? "all taken" : "refused", {
    ok: "the verifier would take every payload that the session has signed",
    failed: problem ?? "",
  });
}

function problemOf(name: string, { signerId, publicKey }: OwnPayload, facts: Judged | undefined): string | undefined {
  if (facts === undefined) return undefined;
  if (facts.accountLocked) return `${name} is signed for ${signerId}, which the verifier has locked`;
  if (!facts.keyRegistered)
    return `${name} is signed by ${publicKey}, which is not a key of ${signerId} in the verifier`;
  if (!facts.saltValid) return `${name} has a nonce with a salt that the verifier no longer takes`;
  return facts.nonceUsed ? `${name} has a nonce that ${signerId} has used up` : undefined;
}

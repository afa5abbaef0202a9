import type { StepState } from "./state.ts";

/** The terms on which the verifier takes a payload. */
export interface PayloadTerms {
  /** Base64. */
  readonly nonce: string;
  /** Milliseconds since the epoch. */
  readonly deadlineMs: bigint;
}

/**
 * A step's payloads that could be executed by now: those that a session's account has signed itself, or the one that was signed, or
 * may have been, on the step's terms. Empty for a plain call.
 */
export function payloadsOf({ terms, own }: Pick<StepState, "terms" | "own">): readonly PayloadTerms[] {
  if (own.length > 0) return own;
  return terms === undefined || terms.nonce === "" ? [] : [terms];
}

/** Whether the step's signatures include a payload for the verifier, and not its delegate alone. */
export function hasPayload(step: Pick<StepState, "terms" | "own">): boolean {
  return payloadsOf(step).length > 0;
}

/** Hashes by which the verifier names the step's payloads; empty for a plain call, and while nothing is signed. */
export function intentHashesOf({ own, signed }: Pick<StepState, "own" | "signed">): readonly string[] {
  if (own.length > 0) return own.map(({ intentHash }) => intentHash);
  return signed?.payload === undefined ? [] : [signed.payload.intentHash];
}

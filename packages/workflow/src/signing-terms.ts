/** Life of a grant from the start of the policy check, milliseconds (rule: no-signature-without-a-grant). */
export const grantLifetimeMs = 60_000;

/** How long a payload must still hold when its workflow is admitted, milliseconds: from there to its dispatch it takes some blocks. */
export const leastHoldMs = 10_000;

/** The values that a gate step's signatures are bound to, in the log's form. */
export interface StepSigningTerms {
  /** Base64 of 32 bytes; empty for a call without intents. */
  readonly nonce: string;
  /** Milliseconds since the epoch; 0 for a call without intents. */
  readonly deadlineMs: bigint;
  readonly delegateNonce: bigint;
  readonly maxBlockHeight: bigint;
}

/** The values that the signature of a direct-user call is bound to. */
export interface UserCallSigningTerms {
  readonly publicKey: string;
  readonly nonce: bigint;
}

export type SigningTerms = StepSigningTerms | UserCallSigningTerms;

/** The terms of one step as grants hold them: an array of texts has one spelling only. */
export function canonicalTerms(terms: SigningTerms): readonly string[] {
  if ("publicKey" in terms) return ["direct-user", terms.publicKey, terms.nonce.toString()];
  const { nonce, deadlineMs, delegateNonce, maxBlockHeight } = terms;
  return [nonce, ...[deadlineMs, delegateNonce, maxBlockHeight].map(String)];
}

/**
 * The text whose SHA-256, in lower-case hex, is the terms digest: the JSON array, without whitespace,
 * `["outlayer-terms", 1, [canonical terms of each step]]`. signer-proxy asks evidence to count under the digest, and evidence finds
 * the same digest in the log (rule: signed-means-possible).
 */
export function termsText(terms: readonly SigningTerms[]): string {
  return JSON.stringify(["outlayer-terms", 1, terms.map(canonicalTerms)]);
}

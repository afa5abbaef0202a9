/**
 * The gate's refusals that the driver tells apart. In a receipt each follows `Smart contract panicked: `, so they are matched as
 * substrings.
 */
const texts = {
  nonceUsed: "nonce already used for this sender",
  notRelayer: "caller is not a whitelisted relayer",
  notApprover: "only approver can",
  chainInFlight: "a chained batch is already in flight",
  feeTooLow: "insufficient fee: required",
  batchTooLarge: "exceeds max fee tier",
  unknownIntent: "unknown intent_id",
  firstGone: "resume failed for first",
  goneSingle: "resume failed (not found or expired)",
} as const;

export type GateRefusal = keyof typeof texts | "other";

export function classifyRefusal(error: string): GateRefusal {
  for (const [name, text] of Object.entries(texts)) {
    if (error.includes(text)) return name as keyof typeof texts;
  }
  return "other";
}

/** Whether a resume was refused because an intent that it names is no longer pending. */
export function isMissingIntent(error: string): boolean {
  return ["unknownIntent", "firstGone", "goneSingle"].includes(classifyRefusal(error));
}

/** Whether an error is the verifier's text for a payload that was executed before. */
export function isNonceUsedByPayload(error: string): boolean {
  return error.includes("nonce was already used");
}

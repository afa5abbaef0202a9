/** Sentences for the end of a workflow that has waited too long, by the reason for waiting. */
export const waitingTexts = {
  gate_busy: "the gate was held by somebody else's chain",
  gate_stuck: "the gate is stuck: its owner has to reset the batch tail",
  balance_low: "the balance of the relayer, the approver or the gate is too low",
  no_usable_key: "no key of the relayer or the approver is usable",
  keystore_unavailable: "the keystore is not ready",
  rpc_unavailable: "NEAR's RPC does not answer",
  clock_skew: "the host's clock and the chain's differ too much",
} as const satisfies Readonly<Record<string, string>>;

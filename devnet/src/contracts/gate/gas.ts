import { TGAS } from "../sdk/promises.ts";

/** Gas that the gate burns itself, and gas that it reserves. The reservations are published, the rest are estimates. */
export const gateGas = {
  /** Fits `SUBMIT_INTENT_GAS` with room for the yield's own fees. */
  submit: 15n * TGAS,
  /** Reserved for the callback, which also gets the unused rest. */
  callbackReserved: 200n * TGAS,
  /** Leaves room in the reservation for 130 Tgas of inner call, `continue_chain` and the fees of both receipts. */
  callback: 5n * TGAS,
  continueChainAttached: 60n * TGAS,
  continueChain: 8n * TGAS,
  /** Fits 100 Tgas for 12 intents. */
  resume: 10n * TGAS,
  resumePerIntent: 2n * TGAS,
  owner: 3n * TGAS,
} as const;

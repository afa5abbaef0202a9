import { TGAS } from "../sdk/promises.ts";

/** What the gate's own work burns, and what it sets aside. Its reservations are published, the rest are estimates. */
export const gateGas = {
  /** Fits `SUBMIT_INTENT_GAS` with room for the yield's own fees. */
  submit: 15n * TGAS,
  /** Reserved for the callback, which gets the rest of what is attached, too. */
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

import { TGAS } from "../sdk/promises.ts";

/**
 * Gas that the verifier attaches to its promises (published), and that its own work burns (estimates, small enough for a target of
 * the gate with 100 Tgas).
 */
export const verifierGas = {
  // Own work.
  execute: 5n * TGAS,
  executePerPayload: 2n * TGAS,
  deposit: 3n * TGAS,
  resolve: 2n * TGAS,
  doWithdraw: 2n * TGAS,
  transaction: 4n * TGAS,
  admin: 3n * TGAS,

  // Attached.
  nearWithdraw: 10n * TGAS,
  storageDeposit: 10n * TGAS,
  doWithdrawAttached: 15n * TGAS,
  doNativeWithdrawAttached: 12n * TGAS,
  doStorageDepositAttached: 15n * TGAS,
  doAuthCallAttached: 5n * TGAS,
  ftResolveWithdraw: 5n * TGAS,
  nftResolveWithdraw: 5n * TGAS,
  mtResolveWithdraw: 7n * TGAS,
  resolveTransfer: 10n * TGAS,
  resolveDepositBase: 4n * TGAS,
  resolveDepositPerToken: 2n * TGAS,
  notifyDefault: 30n * TGAS,
  notifyMin: 5n * TGAS,
  authCallMin: 10n * TGAS,
} as const;

import type { Contract } from "../../contract.ts";
import { codeHashOf } from "../sdk/code-hash.ts";
import { contractOf } from "../sdk/method.ts";
import { depositMethods } from "./deposits/deposit-methods.ts";
import { accountMethods } from "./methods/account-methods.ts";
import { adminMethods } from "./methods/admin-methods.ts";
import { intentsMethods } from "./methods/intents-methods.ts";
import { transferMethods } from "./methods/transfer-methods.ts";
import { views } from "./methods/views.ts";
import { type DeriveSalt, saltOfSeed } from "./state/salts.ts";
import { authCallMethods } from "./withdrawals/auth-call.ts";
import { ftWithdrawMethods } from "./withdrawals/ft-withdraw.ts";
import { mtWithdrawMethods } from "./withdrawals/mt-withdraw.ts";
import { nativeWithdrawMethods } from "./withdrawals/native-withdraw.ts";
import { nftWithdrawMethods } from "./withdrawals/nft-withdraw.ts";
import { storageDepositMethods } from "./withdrawals/storage-deposit.ts";

export interface VerifierOptions {
  /** Makes the salts of rotations; by default the contract's own derivation from the block's random seed. */
  readonly deriveSalt?: DeriveSalt;
}

/** The verifier, `intents.near`: balances of tokens that move by signed intents. */
export function createVerifier({ deriveSalt = saltOfSeed }: VerifierOptions = {}): Contract {
  return contractOf(codeHashOf("verifier"), {
    ...intentsMethods,
    ...accountMethods,
    ...transferMethods,
    ...depositMethods,
    ...ftWithdrawMethods,
    ...nftWithdrawMethods,
    ...mtWithdrawMethods,
    ...nativeWithdrawMethods,
    ...storageDepositMethods,
    ...authCallMethods,
    ...adminMethods(deriveSalt),
    ...views,
  });
}

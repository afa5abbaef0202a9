import type { Storage } from "../../contract.ts";
import type { PublicKey } from "../../crypto/keys.ts";
import { VerifierState } from "./state/verifier-state.ts";

/**
 * Credits tokens out of nothing. The token's contract must hold as much for the verifier, or withdrawals will fail.
 * @param tokenId e.g. `nep141:wrap.near` @param amount in raw units, above 0
 */
export function creditVerifier(storage: Storage, accountId: string, tokenId: string, amount: bigint): void {
  new VerifierState(storage).balances.mint(accountId, tokenId, amount);
}

/** Registers a key, without the account's consent. @throws ContractPanic if it has the key already */
export function addVerifierKey(storage: Storage, accountId: string, key: PublicKey): void {
  new VerifierState(storage).accounts.addPublicKey(accountId, key);
}

/** Sets the current salt; the one before stays valid. @param salt 8 lower-case hex characters */
export function setVerifierSalt(storage: Storage, salt: string): void {
  new VerifierState(storage).salts.current = salt;
}

/** @param feePips millionths, 0 to 1,000,000 */
export function setVerifierFee(storage: Storage, feePips: number): void {
  const state = new VerifierState(storage);
  state.config = { ...state.config, feePips };
}

/** Locks an account or unlocks it, without the DAO. */
export function setVerifierLock(storage: Storage, accountId: string, locked: boolean): void {
  new VerifierState(storage).accounts.setLocked(accountId, locked);
}

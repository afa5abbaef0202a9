import type { Chain } from "../chain/chain.ts";
import { contractStorage } from "../chain/state.ts";
import { addVerifierKey, creditCollection, creditToken, creditVerifier, setVerifierSalt } from "../contracts/index.ts";
import { KeyParseError, type PublicKey, parsePublicKey } from "../crypto/keys.ts";
import { callNow, changeNow, viewNow } from "./contract-hand.ts";
import { ControlError } from "./control-error.ts";

/** The verifier, changed at the head by an account with the permission. */
export class VerifierControls {
  readonly #chain: Chain;
  readonly #id: string;
  readonly #adminId: string;

  /** @param adminId an account with the role `DAO` */
  constructor(chain: Chain, id: string, adminId: string) {
    this.#chain = chain;
    this.#id = id;
    this.#adminId = adminId;
  }

  /** 8 hex characters. */
  get currentSalt(): string {
    return viewNow(this.#chain, this.#id, "current_salt") as string;
  }

  /** Makes another salt the current one; older ones stay valid. @returns the new one */
  rotateSalt(): string {
    return this.#administrate("update_current_salt", {}) as string;
  }

  /** Makes this salt, 8 lower-case hex characters, the current one. */
  setSalt(salt: string): void {
    if (!/^[0-9a-f]{8}$/.test(salt)) throw new ControlError("a salt is 8 lower-case hex characters");
    changeNow(this.#chain, (state) => setVerifierSalt(contractStorage(state, this.#id), salt));
  }

  /** From here on nonces with these salts are refused. @returns the current one, rotated if it was among them */
  invalidateSalts(salts: readonly string[]): string {
    return this.#administrate("invalidate_salts", { salts }) as string;
  }

  /** Has it forget used nonces, base64, as far as they are over. */
  cleanUpNonces(accountId: string, nonces: readonly string[]): void {
    this.#administrate("cleanup_nonces", { nonces: [[accountId, nonces]] });
  }

  get feePips(): number {
    return viewNow(this.#chain, this.#id, "fee") as number;
  }

  setFee(pips: number): void {
    if (pips !== this.feePips) this.#administrate("set_fee", { fee: pips });
  }

  setLocked(accountId: string, isLocked: boolean): void {
    const method = isLocked ? "force_lock_account" : "force_unlock_account";
    this.#administrate(method, { account_id: accountId });
  }

  balanceOf(accountId: string, tokenId: string): bigint {
    return BigInt(
      viewNow(this.#chain, this.#id, "mt_balance_of", { account_id: accountId, token_id: tokenId }) as string,
    );
  }

  /**
   * Creates tokens for an account: in the verifier, and behind it in the token's contract, so that they can be withdrawn.
   * @param tokenId a token of the devnet in the verifier's form, e.g. `nep141:wrap.near`, `nep171:art.near:7` or
   * `nep245:items.near:sword` @param amount in raw units
   */
  credit(accountId: string, tokenId: string, amount: bigint): void {
    const [standard, token = "", ...rest] = tokenId.split(":");
    if (this.#chain.view().state().contract(token) === undefined) {
      throw new ControlError(`there is no token contract behind ${tokenId}`);
    }
    if (amount <= 0n) throw new ControlError("an amount must be above 0");
    changeNow(this.#chain, (state) => {
      creditVerifier(contractStorage(state, this.#id), accountId, tokenId, amount);
      if (standard === "nep141") creditToken(contractStorage(state, token), this.#id, amount);
      else creditCollection(contractStorage(state, token), this.#id, rest.join(":"), amount);
      // Wrapped NEAR can be unwrapped, others' accounts have no use for it.
      if (isWrappedNear(token)) state.addBalance(token, amount);
    });
  }

  /** Registers a key of an account. @param publicKey curve, colon, base58 */
  addKey(accountId: string, publicKey: string): void {
    const key = readKey(publicKey);
    changeNow(this.#chain, (state) => addVerifierKey(contractStorage(state, this.#id), accountId, key));
  }

  #administrate(method: string, args: unknown): unknown {
    return callNow(this.#chain, { as: this.#adminId, receiver: this.#id, method, args, deposit: 1n });
  }
}

function isWrappedNear(token: string): boolean {
  return token === "wrap.near";
}

function readKey(text: string): PublicKey {
  try {
    return parsePublicKey(text);
  } catch (error) {
    if (error instanceof KeyParseError) throw new ControlError(`${text} is no public key: ${error.message}`);
    throw error;
  }
}

import { isSessionWalletId } from "@outlayer/access";
import type { Keystore } from "../../core/keystore.ts";
import { InvalidRequest } from "../../core/problems.ts";

/**
 * The keystore, in which the service wallet stands for every session: its delegates alone are signed for one, and policy is asked
 * about it. For nobody else the service wallet signs anything (rule: sessions-sign-for-themselves).
 * @param serviceWalletId undefined: nothing is carried for sessions
 * @returns operations that throw InvalidRequest beside what they throw
 */
export function withServiceWallet(keystore: Keystore, serviceWalletId: string | undefined): Keystore {
  const signer = (walletId: string): string => {
    if (walletId === serviceWalletId) throw new InvalidRequest("the service wallet signs for sessions alone");
    if (!isSessionWalletId(walletId)) return walletId;
    if (serviceWalletId === undefined) throw new InvalidRequest("the operator has set no service wallet for sessions");
    return serviceWalletId;
  };
  const owner = (walletId: string): string => {
    if (isSessionWalletId(walletId)) throw new InvalidRequest("the keystore signs no payload and no call of a session");
    return signer(walletId);
  };
  return {
    deriveAddress: async (walletId, signal) => keystore.deriveAddress(signer(walletId), signal),
    checkPolicy: async (walletId, action, signal) => keystore.checkPolicy(signer(walletId), action, signal),
    signDelegate: async (asked, signal) =>
      keystore.signDelegate({ ...asked, walletId: signer(asked.walletId) }, signal),
    signNep413: async (asked, signal) => keystore.signNep413({ ...asked, walletId: owner(asked.walletId) }, signal),
    prepareScopedKey: async (asked, signal) =>
      keystore.prepareScopedKey({ ...asked, walletId: owner(asked.walletId) }, signal),
    signScopedCall: async (asked, signal) =>
      keystore.signScopedCall({ ...asked, walletId: owner(asked.walletId) }, signal),
  };
}

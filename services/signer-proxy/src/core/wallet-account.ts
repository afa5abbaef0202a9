import { decodeHex, formatPublicKey } from "@outlayer/near";
import type { WalletAccount } from "./keystore.ts";
import { BadAnswer } from "./problems.ts";

/**
 * The account in derive-address's answer, whose address and key must match.
 * @param address 64 hex characters
 * @param publicKey `ed25519:` and hex: this answer alone does not use base58
 * @throws BadAnswer
 */
export function walletAccount(address: string, publicKey: string): WalletAccount {
  if (!/^[\da-f]{64}$/.test(address)) throw new BadAnswer("account: the address is not an implicit account");
  if (publicKey !== `ed25519:${address}`) throw new BadAnswer("account: the address is not that of the public key");
  return { accountId: address, publicKey: formatPublicKey(decodeHex(address)) };
}

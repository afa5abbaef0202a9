import { z } from "zod";
import type { WalletAccount } from "../../core/keystore.ts";
import { walletAccount } from "../../core/wallet-account.ts";
import type { KeystoreHttp } from "./http.ts";

const answer = z.object({ address: z.string(), public_key: z.string() });

/** @throws KeystoreError; BadAnswer when address and key do not match */
export async function deriveAddress(http: KeystoreHttp, walletId: string, signal: AbortSignal): Promise<WalletAccount> {
  const body = { wallet_id: walletId, chain: "near" };
  const { address, public_key } = await http.post("/wallet/derive-address", body, answer, signal);
  return walletAccount(address, public_key);
}

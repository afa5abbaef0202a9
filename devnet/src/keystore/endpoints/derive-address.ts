import { implicitAccount } from "../derivation.ts";
import type { Endpoint } from "../endpoint.ts";
import { badRequest, KeystoreRefusal } from "../refusal.ts";

/** `/wallet/derive-address`. The public key is in hex here, unlike anywhere else. */
export const deriveAddress: Endpoint<{ walletId: string; chain: string }> = {
  read: (body) => ({ walletId: body.text("wallet_id"), chain: body.text("chain") }),
  run({ keys }, { walletId, chain }) {
    if (chain === "ethereum" || chain === "solana") {
      throw new KeystoreRefusal(500, `the devnet derives no ${chain} addresses`);
    }
    if (chain !== "near") badRequest(`Unsupported chain: ${chain}. Supported: near, ethereum, solana`);
    const address = implicitAccount(keys.wallet(walletId));
    return { address, public_key: `ed25519:${address}` };
  },
};

import { encodeBase64 } from "@outlayer/near";
import { z } from "zod";
import type { Approved, Nep413Answer, Nep413Request } from "../../core/keystore.ts";
import { approvalInfo } from "./approval-info.ts";
import type { KeystoreHttp } from "./http.ts";

/** `signature_base58` has the prefix `ed25519:`, its name notwithstanding. */
const answer = z.object({ signature_base58: z.string(), public_key: z.string() });

/** @throws KeystoreError */
export async function signNep413(
  http: KeystoreHttp,
  { walletId, message, nonce, recipient, approval }: Nep413Request & Approved,
  signal: AbortSignal,
): Promise<Nep413Answer> {
  // The keystore does not check `chain`: it must be exactly this text.
  const body = {
    wallet_id: walletId,
    chain: "near",
    message,
    nonce_base64: encodeBase64(nonce),
    recipient,
    ...approvalInfo(approval),
  };
  const { signature_base58, public_key } = await http.post("/wallet/sign-nep413", body, answer, signal);
  return { signature: signature_base58, publicKey: public_key };
}

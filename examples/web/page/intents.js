/** What a wallet signs by NEP-413, in the form in which the verifier takes signed messages. */
import { decodeBase64, encodeBase58, encodeBase64 } from "../shared/encoding.js";

/**
 * Has the wallet sign a message.
 * @param {import("./devnet-wallet.js").NearWallet} wallet
 * @param {{ readonly message: string, readonly nonce: Uint8Array, readonly recipient: string }} asked
 * @returns the signed message as the verifier takes it
 */
export async function signNep413(wallet, { message, nonce, recipient }) {
  const { publicKey, signature } = await wallet.signMessage({ message, nonce, recipient });
  return {
    standard: "nep413",
    payload: { message, nonce: encodeBase64(nonce), recipient },
    public_key: publicKey,
    signature: verifierSignature(signature),
  };
}

/**
 * NEP-413 has signatures in base64; some wallets answer in NEAR's form, as the verifier takes them.
 * @param {string} signature
 */
export function verifierSignature(signature) {
  return signature.startsWith("ed25519:") ? signature : `ed25519:${encodeBase58(decodeBase64(signature))}`;
}

/** Payloads for the verifier, `intents.near`: what a wallet signs by NEP-413 to have something done there. */
import { decodeBase64, decodeHex, encodeBase58, encodeBase64 } from "../common/encoding.js";

const magic = Uint8Array.of(0x56, 0x28, 0xf6, 0xc6);
const version = 0;

/**
 * The verifier's versioned nonce: magic, version, salt, deadline (i64 LE, nanoseconds), 15 random bytes.
 * @param {Uint8Array} salt 4 bytes, the verifier's current one
 * @param {number} deadlineMs milliseconds since the epoch, not before the payload's deadline
 * @param {Uint8Array} random 15 bytes
 */
export function verifierNonce(salt, deadlineMs, random) {
  if (salt.length !== 4 || random.length !== 15) throw new RangeError("a salt has 4 bytes, the random part 15");
  const nonce = new Uint8Array(32);
  nonce.set(magic, 0);
  nonce[4] = version;
  nonce.set(salt, 5);
  new DataView(nonce.buffer).setBigInt64(9, BigInt(deadlineMs) * 1_000_000n, true);
  nonce.set(random, 17);
  return nonce;
}

/**
 * The salt that nonces have to name now, read from the chain.
 * @param {string} nearRpc
 * @param {string} verifierId
 */
export async function currentSalt(nearRpc, verifierId) {
  const params = {
    request_type: "call_function",
    finality: "final",
    account_id: verifierId,
    method_name: "current_salt",
    args_base64: "",
  };
  const response = await fetch(nearRpc, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "query", params }),
  });
  const { result } = await response.json();
  if (!Array.isArray(result?.result)) throw new Error("NEAR's node does not say which salt the verifier has");
  return decodeHex(JSON.parse(new TextDecoder().decode(Uint8Array.from(result.result))));
}

/**
 * Has the wallet sign intents.
 * @param {import("./devnet-wallet.js").NearWallet} wallet
 * @param {{ readonly signerId: string, readonly verifierId: string, readonly salt: Uint8Array, readonly deadlineMs: number, readonly intents: readonly object[] }} terms
 */
export async function signIntents(wallet, { signerId, verifierId, salt, deadlineMs, intents }) {
  const deadline = new Date(deadlineMs).toISOString();
  const message = JSON.stringify({ signer_id: signerId, deadline, intents });
  const nonce = verifierNonce(salt, deadlineMs, crypto.getRandomValues(new Uint8Array(15)));
  return signNep413(wallet, { message, nonce, recipient: verifierId });
}

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

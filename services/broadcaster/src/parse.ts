import { Malformed, type Parse } from "@outlayer/kit";
import { decodeBase58, type KeyPair, parseSecretKey } from "@outlayer/near";

export const secretKey: Parse<KeyPair> = (value) => {
  try {
    return parseSecretKey(value);
  } catch {
    throw new Malformed("must be ed25519: and base58 of a secret key");
  }
};

export const sha256Base58: Parse<string> = (value) => {
  try {
    if (decodeBase58(value).length === 32) return value;
  } catch {
    // Reported below.
  }
  throw new Malformed("must be base58 of a SHA-256");
};

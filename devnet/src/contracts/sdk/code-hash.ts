import { encodeBase58 } from "../../crypto/base58.ts";
import { sha256 } from "../../crypto/hash.ts";

/** A code hash for a contract that has no wasm: it stays the same as long as the name does. */
export function codeHashOf(name: string): string {
  return encodeBase58(sha256(Buffer.from(`devnet contract ${name}`)));
}

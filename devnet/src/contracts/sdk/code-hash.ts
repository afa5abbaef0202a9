import { encodeBase58 } from "../../crypto/base58.ts";
import { sha256 } from "../../crypto/hash.ts";

/** A code hash for a contract without wasm, derived from its name. */
export function codeHashOf(name: string): string {
  return encodeBase58(sha256(Buffer.from(`devnet contract ${name}`)));
}

import { encodeBase58 } from "../../crypto/base58.ts";
import { sha256 } from "../../crypto/hash.ts";

/** A code hash for a contract without wasm: of the text that stands for its code when it is deployed. */
export function codeHashOf(name: string): string {
  return encodeBase58(sha256(Buffer.from(`devnet contract ${name}`)));
}

import { accountId, type ConfigReader } from "./config.ts";

/**
 * `WRAPPED_NEAR_ID`: the contract whose tokens the verifier takes where an intent pays NEAR. The verifier is made with it and has no view that
 * tells it; `wrap.near` on mainnet, another one elsewhere, as `wrap.testnet`.
 */
export function readWrappedNearId(reader: ConfigReader): string {
  return reader.optional("WRAPPED_NEAR_ID", accountId, "wrap.near");
}

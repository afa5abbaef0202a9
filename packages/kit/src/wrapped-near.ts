import { accountId, type ConfigReader } from "./config.ts";

/**
 * `WRAPPED_NEAR_ID`: the wNEAR contract whose tokens the verifier burns for intents that pay NEAR. The verifier is deployed with
 * it and has no view that tells it: `wrap.near` on mainnet, e.g. `wrap.testnet` elsewhere.
 */
export function readWrappedNearId(reader: ConfigReader): string {
  return reader.optional("WRAPPED_NEAR_ID", accountId, "wrap.near");
}

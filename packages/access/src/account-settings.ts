import { type ConfigReader, Malformed, type Parse } from "@outlayer/kit";

export const accountId: Parse<string> = (value) => {
  if (!/^(?=.{2,64}$)(([a-z\d]+[-_])*[a-z\d]+\.)*([a-z\d]+[-_])*[a-z\d]+$/.test(value)) {
    throw new Malformed("must be a NEAR account id");
  }
  return value;
};

/**
 * `WRAPPED_NEAR_ID`: the wNEAR contract whose tokens the verifier burns for intents that pay NEAR. The verifier is deployed with
 * it and has no view that tells it: `wrap.near` on mainnet, e.g. `wrap.testnet` elsewhere.
 */
export function readWrappedNearId(reader: ConfigReader): string {
  return reader.optional("WRAPPED_NEAR_ID", accountId, "wrap.near");
}

import { type ConfigReader, Malformed, type Parse } from "@outlayer/kit";
import { isSessionWalletId } from "./session-wallet.ts";
import { walletIdPattern } from "./wallet-auth.ts";

export const accountId: Parse<string> = (value) => {
  if (!/^(?=.{2,64}$)(([a-z\d]+[-_])*[a-z\d]+\.)*([a-z\d]+[-_])*[a-z\d]+$/.test(value)) {
    throw new Malformed("must be a NEAR account id");
  }
  return value;
};

/** `SEQUENTIAL_GATE_ID`: the gate, or of several the one that carried workflows before they named theirs. */
export function readFirstGateId(reader: ConfigReader): string {
  return reader.optional("SEQUENTIAL_GATE_ID", accountId, "gate.sequential.near");
}

/**
 * `WRAPPED_NEAR_ID`: the wNEAR contract whose tokens the verifier burns for intents that pay NEAR. The verifier is deployed with
 * it and has no view that tells it: `wrap.near` on mainnet, e.g. `wrap.testnet` elsewhere.
 */
export function readWrappedNearId(reader: ConfigReader): string {
  return reader.optional("WRAPPED_NEAR_ID", accountId, "wrap.near");
}

const serviceWallet: Parse<string> = (value) => {
  if (!walletIdPattern.test(value)) throw new Malformed("must be 1 to 128 printable ASCII characters without spaces");
  if (isSessionWalletId(value)) throw new Malformed("must not be the wallet of a session");
  return value;
};

/**
 * `SERVICE_WALLET_ID`: the keystore's wallet that signs the delegates around payloads which sessions have signed themselves. It owns
 * nothing, and nothing but such delegates is signed with it.
 * @returns undefined where it is not set: no such payloads are carried
 */
export function readServiceWalletId(reader: ConfigReader): string | undefined {
  return reader.optional("SERVICE_WALLET_ID", serviceWallet, undefined);
}

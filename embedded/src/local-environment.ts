import type { Environment, Random } from "@outlayer/kit";
import type { NearInfo } from "./near.ts";

/** Variables for the product on a local NEAR, without its database; secrets and API keys are made for this run. */
export function localEnvironment(near: NearInfo, blockTimeMs: number, random: Random): Environment {
  const secret = () => Buffer.from(random.bytes(32)).toString("hex");
  const keys = near.wallets.map(({ wallet_id }) => [`wk_${wallet_id}_${secret().slice(0, 24)}`, wallet_id]);
  return {
    NEAR_RPC_URL: near.near_rpc,
    NEAR_CHAIN_ID: near.chain_id,
    // A local node bears frequent requests: the follower is never more than half a block late.
    NEAR_POLL_INTERVAL_MS: String(Math.max(10, Math.min(750, Math.floor(blockTimeMs / 2)))),
    KEYSTORE_URL: near.keystore,
    KEYSTORE_AUTH_TOKEN: near.keystore_token,
    SEQUENTIAL_GATE_ID: near.gate_id,
    VERIFIER_ID: near.verifier_id,
    WRAPPED_NEAR_ID: near.wrapped_near_id,
    RELAYER_ACCOUNT_ID: near.relayer.account_id,
    RELAYER_SECRET_KEY: near.relayer.secret_key,
    APPROVER_ACCOUNT_ID: near.approver.account_id,
    APPROVER_SECRET_KEY: near.approver.secret_key,
    INTERNAL_WALLET_AUTH_TOKEN: secret(),
    WALLET_API_KEYS_JSON: JSON.stringify(Object.fromEntries(keys)),
    GRANT_SECRET: secret(),
    USAGE_SECRET: secret(),
    SERVICE_WALLET_ID: "service-wallet",
    SERVICE_TOKEN: secret(),
    SESSION_SECRET_KEYS: secret(),
    SESSION_AUDIENCE: "localhost",
    GRPC_REFLECTION: "true",
  };
}

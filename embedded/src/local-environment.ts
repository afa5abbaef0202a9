import type { Environment, Random } from "@outlayer/kit";
import type { DevnetInfo } from "./devnet-process.ts";

/** Variables for the product on a devnet, without its database; secrets and API keys are made for this run. */
export function localEnvironment(devnet: DevnetInfo, blockTimeMs: number, random: Random): Environment {
  const secret = () => Buffer.from(random.bytes(32)).toString("hex");
  const keys = devnet.wallets.map(({ wallet_id }) => [`wk_${wallet_id}_${secret().slice(0, 24)}`, wallet_id]);
  return {
    NEAR_RPC_URL: devnet.near_rpc,
    NEAR_CHAIN_ID: devnet.chain_id,
    // A local node bears frequent requests: the follower is never more than half a block late.
    NEAR_POLL_INTERVAL_MS: String(Math.max(10, Math.min(750, Math.floor(blockTimeMs / 2)))),
    KEYSTORE_URL: devnet.keystore,
    KEYSTORE_AUTH_TOKEN: devnet.keystore_token,
    SEQUENTIAL_GATE_ID: devnet.gate_id,
    VERIFIER_ID: devnet.verifier_id,
    RELAYER_ACCOUNT_ID: devnet.relayer.account_id,
    RELAYER_SECRET_KEY: devnet.relayer.secret_key,
    APPROVER_ACCOUNT_ID: devnet.approver.account_id,
    APPROVER_SECRET_KEY: devnet.approver.secret_key,
    INTERNAL_WALLET_AUTH_TOKEN: secret(),
    WALLET_API_KEYS_JSON: JSON.stringify(Object.fromEntries(keys)),
    GRANT_SECRET: secret(),
    USAGE_SECRET: secret(),
    SERVICE_TOKEN: secret(),
    GRPC_REFLECTION: "true",
  };
}

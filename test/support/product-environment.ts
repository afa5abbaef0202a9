import type { Devnet } from "@outlayer/devnet";
import type { Environment } from "@outlayer/kit";

export const internalToken = "internal-token-of-the-tests-0123456789";
/** Of `wallet-1`. */
export const apiKey = "wk_of_wallet-1_0123456789abcdef";
export const serviceToken = "service-token-of-the-tests-0123456789";
export const grantSecret = "grant-secret-of-the-tests-0123456789";
export const usageSecret = "usage-secret-of-the-tests-0123456789";

/** Quotas that nobody reaches. They have suites of their own. */
export const wideQuotas = JSON.stringify({
  default: {
    open_workflows: 10_000,
    starts_per_hour: 1_000_000,
    plans_per_minute: 1_000_000,
    operator_near_per_day: "100000",
  },
});

/** One wallet does in a test or a bench what many do in a day. */
export const wideBounds: Environment = {
  WALLET_QUOTAS_JSON: wideQuotas,
  WALLET_REQUESTS_IN_FLIGHT: "10000",
  WALLET_LONG_POLLS: "10000",
  WALLET_EVENT_STREAMS: "10000",
};

/** Variables with which the product, in whatever shape, runs on a devnet of the tests. */
export function productEnvironment(devnet: Devnet): Environment {
  return {
    NEAR_RPC_URL: devnet.rpcUrl,
    NEAR_CHAIN_ID: devnet.chainId,
    WALLET_URL: "https://wallet.example",
    NEAR_POLL_INTERVAL_MS: "12",
    KEYSTORE_URL: devnet.keystoreUrl,
    KEYSTORE_AUTH_TOKEN: devnet.keystoreToken,
    RELAYER_ACCOUNT_ID: devnet.relayer.accountId,
    RELAYER_SECRET_KEY: devnet.relayer.secretKey,
    APPROVER_ACCOUNT_ID: devnet.approver.accountId,
    APPROVER_SECRET_KEY: devnet.approver.secretKey,
    INTERNAL_WALLET_AUTH_TOKEN: internalToken,
    WALLET_API_KEYS_JSON: JSON.stringify({ [apiKey]: "wallet-1" }),
    GRPC_REFLECTION: "true",
    GRANT_SECRET: grantSecret,
    USAGE_SECRET: usageSecret,
    ...wideBounds,
  };
}

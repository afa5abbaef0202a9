import type { ServiceImpl } from "@connectrpc/connect";
import { UsageProofs, workLogFields } from "@outlayer/access";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { type HttpPost, httpPost, type Logger, type Ports, type Service } from "@outlayer/kit";
import { hmacGrantMac } from "./adapters/grant-mac/hmac.ts";
import { callTimeoutMs, keystoreHttp } from "./adapters/keystore/http.ts";
import { verifiedKeystore } from "./adapters/keystore/keystore.ts";
import { withServiceWallet } from "./adapters/keystore/service-wallet.ts";
import { type ConnectKeystore, watchedKeystore } from "./adapters/keystore/watched.ts";
import { callers } from "./callers.ts";
import type { SignerProxyConfig } from "./config.ts";
import { cachedAccounts } from "./core/account-cache.ts";
import { checkDirectUserPolicy } from "./rpc/check-direct-user-policy.ts";
import { checkPolicy } from "./rpc/check-policy.ts";
import { getAccount } from "./rpc/get-account.ts";
import { prepareDirectUserKey } from "./rpc/prepare-direct-user-key.ts";
import { signCancel } from "./rpc/sign-cancel.ts";
import { signDirectUserCall } from "./rpc/sign-direct-user-call.ts";
import { signSimulation } from "./rpc/sign-simulation.ts";
import { signStep } from "./rpc/sign-step.ts";

export interface SignerProxyDeps {
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly logger: Logger;
  /** Reaches the keystore; `httpPost` where it is absent. */
  readonly post?: HttpPost;
}

/** About 2 MB. */
const cachedAccountCount = 10_000;

/** The signer proxy without its listeners. */
export function createSignerProxy(config: SignerProxyConfig, deps: SignerProxyDeps): Service {
  const { logger } = deps;
  const { actionTypes, swapTo, wrappedNearId } = config;
  const { clock, timers } = deps.ports;
  const reach: ConnectKeystore = (listener, timeoutMs = callTimeoutMs) =>
    keystoreHttp({
      url: config.keystoreUrl,
      authToken: config.keystoreAuthToken,
      timers,
      post: deps.post ?? httpPost,
      listener,
      timeoutMs,
    });
  const { http, verification, watch } = watchedKeystore(reach, { ports: deps.ports, logger });
  const verified = verifiedKeystore(http, verification.passed);
  const keystore = withServiceWallet(verified, config.serviceWalletId);
  // Beneath the service wallet, which is one account for however many sessions.
  const deriveAddress = cachedAccounts(verified.deriveAddress, cachedAccountCount);
  const accounts = withServiceWallet({ ...verified, deriveAddress }, config.serviceWalletId).deriveAddress;
  const scopes = config.directUserScopes;
  const grantMac = hmacGrantMac(config.grantSecret);
  const proofs = new UsageProofs(config.usageSecret);
  const shared = { keystore, verifierId: config.verifierId, grantMac, proofs, clock, logger };
  const handlers = {
    getAccount: getAccount({ accounts, freshAccounts: keystore.deriveAddress, logger }),
    checkPolicy: checkPolicy({ ...shared, actionTypes, swapTo, wrappedNearId, accounts }),
    signStep: signStep({ ...shared, accounts }),
    prepareDirectUserKey: prepareDirectUserKey({ keystore, scopes, logger }),
    checkDirectUserPolicy: checkDirectUserPolicy({ ...shared, scopes, actionTypes }),
    signDirectUserCall: signDirectUserCall({ ...shared, scopes }),
    signSimulation: signSimulation({ ...shared, actionTypes, swapTo, wrappedNearId, accounts }),
    signCancel: signCancel({ ...shared, accounts }),
  } satisfies ServiceImpl<typeof SignerProxyService>;

  return {
    routes: {
      name: "signer-proxy",
      services: [SignerProxyService],
      callers,
      logFields: workLogFields,
      register: (router) => {
        router.service(SignerProxyService, handlers);
      },
    },
    // Not awaited: the service starts without the keystore, and answers calls with Unavailable meanwhile.
    async start() {
      verification.start();
    },
    stop: () => verification.stop(),
    dependencies: () => [watch.dependency],
    watches: [watch],
  };
}

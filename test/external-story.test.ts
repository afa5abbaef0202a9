import assert from "node:assert/strict";
import { productInfo, tellExternal } from "@outlayer/embedded";
import { apiKey } from "./support/product-environment.ts";
import { describeShapes } from "./support/shapes.ts";
import { startSystem } from "./support/system.ts";

describeShapes(
  "the story of ./dev demo --external",
  (shape) => {
    it("holds from the first payment to the removal of the stale key", async () => {
      const environment = {
        SESSION_SECRET_KEYS: "17".repeat(32),
        SESSION_AUDIENCE: "coordinator.localhost",
        SERVICE_WALLET_ID: "service-wallet",
      };
      const system = await startSystem({ shape, environment });
      try {
        const { devnet, product } = system;
        const near = {
          near_rpc: devnet.rpcUrl,
          keystore: devnet.keystoreUrl,
          keystore_token: devnet.keystoreToken,
          chain_id: devnet.chainId,
          gate_id: devnet.gateId,
          verifier_id: devnet.verifierId,
          wrapped_near_id: "wrap.near",
          relayer: { account_id: devnet.relayer.accountId, secret_key: devnet.relayer.secretKey },
          approver: { account_id: devnet.approver.accountId, secret_key: devnet.approver.secretKey },
          wallets: devnet.wallets.map(({ walletId, accountId }) => ({ wallet_id: walletId, account_id: accountId })),
          devnet_control: devnet.controlUrl,
        };
        const { verifier } = devnet.controls;
        const token = "nep141:wrap.near";
        const before = verifier.balanceOf("mike.near", token);
        const told: string[] = [];
        const credentials = { WALLET_API_KEYS_JSON: JSON.stringify({ [apiKey]: "wallet-1" }) };
        await tellExternal({ info: productInfo(product, near, credentials) }, (text) => void told.push(text));
        assert.equal(verifier.balanceOf("mike.near", token) - before, 3n * 10n ** 18n);
        assert.equal(verifier.balanceOf("olga.near", token), 0n);
        assert.match(told.join("\n"), /6\. The new key is registered.*Signed out/s);
      } finally {
        await system.stop();
      }
    });
  },
  300_000,
);

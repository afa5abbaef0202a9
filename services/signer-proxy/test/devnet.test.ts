import assert from "node:assert/strict";
import { Code, createClient } from "@connectrpc/connect";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { createLogger, inMemoryTransport, systemPorts } from "@outlayer/kit";
import { decodeBase64, decodeDelegate } from "@outlayer/near";
import { createSignerProxy } from "../src/service.ts";
import { startDevnetKeystore } from "./support/devnet-keystore.ts";
import { configFor, failure } from "./support/proxy.ts";
import {
  grantedStep,
  intentsCall,
  plainCall,
  requestId,
  signedBy,
  transfer,
  walletAccountId,
  walletId,
} from "./support/samples.ts";
import { vouchedFor } from "./support/vouched.ts";

async function start() {
  const devnet = await startDevnetKeystore();
  const logger = createLogger("signer-proxy", "silent");
  const service = createSignerProxy(configFor(devnet.url), { ports: systemPorts(), logger });
  await service.start();
  const transport = inMemoryTransport(service.routes, { logger, serviceToken: undefined }, "broadcaster");
  const client = vouchedFor(createClient(SignerProxyService, transport), Date.now);
  return {
    ...devnet,
    client,
    /** The verdict, in one line. */
    async verdict(calls: readonly GateCall[]): Promise<string> {
      const { verdict } = await client.checkPolicy({ walletId, requestId, calls: [...calls] });
      switch (verdict.case) {
        case "allowed":
          return `allowed, ${verdict.value.grants.length} grants`;
        case "denied":
          return `step ${verdict.value.step}: ${verdict.value.reason}`;
        case "approvalRequired":
          return `step ${verdict.value.step}: ${verdict.value.requiredApprovals} approvals`;
        case undefined:
          return "nothing";
      }
    },
    async [Symbol.asyncDispose]() {
      await service.stop();
      await devnet[Symbol.asyncDispose]();
    },
  };
}

describe("the signer proxy beside the devnet's keystore", () => {
  it("knows the wallet of the published vector", async () => {
    await using proxy = await start();
    assert.equal((await proxy.client.getAccount({ walletId })).accountId, walletAccountId);
  });

  it("checks and signs a plain call and intents", async () => {
    await using proxy = await start();
    for (const call of [
      plainCall({ deposit: "1" }),
      intentsCall([transfer("5")], { counterparty: [signedBy("maker.near")] }),
    ]) {
      const signed = await proxy.client.signStep(await grantedStep(proxy, call));
      const { delegate, signatureValid } = decodeDelegate(decodeBase64(signed.signedDelegateBase64));
      assert.ok(signatureValid);
      assert.equal(delegate.senderId, walletAccountId);
      assert.equal(delegate.methodName, call.methodName);
      assert.equal(signed.payloadJson !== undefined, call.payload.case === "intents");
    }
  });

  it("has limits hold for a workflow as a whole", async () => {
    await using proxy = await start();
    proxy.keystore.setPolicy(walletId, { rules: { limits: { daily: { "nep141:wrap.near": "10" } } } });
    const step = (amount: string) => intentsCall([transfer(amount)]);
    assert.equal(await proxy.verdict([step("4"), step("6")]), "allowed, 2 grants");
    assert.equal(
      await proxy.verdict([step("4"), step("6"), plainCall(), step("1")]),
      "step 3: Daily limit exceeded for nep141:wrap.near: 10 + 1 > 10",
    );
    assert.equal(
      await proxy.verdict([intentsCall([transfer("4"), transfer("7")])]),
      "step 0: Daily limit exceeded for nep141:wrap.near: 4 + 7 > 10",
    );
  });

  it("has every step count against the rate", async () => {
    await using proxy = await start();
    proxy.keystore.setPolicy(walletId, { rules: { rate_limit: { max_per_hour: 2 } } });
    assert.equal(await proxy.verdict([plainCall(), plainCall()]), "allowed, 2 grants");
    assert.equal(
      await proxy.verdict([plainCall(), plainCall(), plainCall()]),
      "step 2: Rate limit exceeded: 2 transactions this hour (max: 2)",
    );
  });

  it("has whitelists hold for the contract called and for who gets the tokens", async () => {
    await using proxy = await start();
    const addresses = { mode: "whitelist", list: ["intents.near", "mike.near"] } as const;
    proxy.keystore.setPolicy(walletId, { rules: { addresses } });
    assert.equal(await proxy.verdict([intentsCall([transfer("1")])]), "allowed, 1 grants");
    assert.equal(
      await proxy.verdict([intentsCall([transfer("1", "evil.near")])]),
      "step 0: Address 'evil.near' is not in whitelist",
    );
    assert.equal(await proxy.verdict([plainCall()]), "step 0: Address 'register.near' is not in whitelist");
  });

  it("has whitelists hold for the counterparties of a swap, every one of them", async () => {
    await using proxy = await start();
    const addresses = { mode: "whitelist", list: ["intents.near", "maker.near"] } as const;
    proxy.keystore.setPolicy(walletId, { rules: { addresses } });
    const swap = (...makers: string[]) => {
      const diff = { "nep141:wrap.near": "-1000001", "nep141:usdc.near": "1" };
      return intentsCall([{ intent: "token_diff", diff }], { counterparty: makers.map(signedBy) });
    };
    assert.equal(await proxy.verdict([swap("maker.near")]), "allowed, 1 grants");
    assert.equal(
      await proxy.verdict([swap("maker.near", "evil.near")]),
      "step 0: Address 'evil.near' is not in whitelist",
    );
  });

  it("has a list of types deny all others", async () => {
    await using proxy = await start();
    proxy.keystore.setPolicy(walletId, { rules: { transaction_types: ["call"] } });
    const withdrawal = { intent: "ft_withdraw", token: "wrap.near", receiver_id: "mike.near", amount: "1" };
    assert.equal(
      await proxy.verdict([intentsCall([transfer("1"), withdrawal])]),
      "step 0: Transaction type 'intents_withdraw' is not allowed by policy",
    );
  });

  it("denies a frozen wallet", async () => {
    await using proxy = await start();
    proxy.keystore.setFrozen(walletId, true);
    assert.equal(await proxy.verdict([plainCall()]), "step 0: Wallet is frozen by controller");
  });

  it("asks for approval where the policy does, and denies all the same where it does that too", async () => {
    await using proxy = await start();
    proxy.keystore.setPolicy(walletId, {
      rules: { limits: { per_transaction: { "nep141:wrap.near": "5" } } },
      approval: { threshold: { required: 2 }, excluded_types: ["intents_swap"], approvers: [{ id: "alice" }] },
    });
    assert.equal(await proxy.verdict([plainCall(), plainCall()]), "step 0: 2 approvals");
    assert.equal(
      await proxy.verdict([plainCall(), intentsCall([transfer("6")])]),
      "step 1: Per-transaction limit exceeded for nep141:wrap.near: 6 > 5",
    );
  });

  it("is Unavailable while the keystore is not ready or away, and works again afterwards", async () => {
    await using proxy = await start();
    proxy.keystore.readiness = "waiting_for_key";
    assert.equal((await failure(proxy.verdict([plainCall()]))).code, Code.Unavailable);
    proxy.keystore.readiness = "ready";
    proxy.keystore.isAway = true;
    assert.equal((await failure(proxy.verdict([plainCall()]))).code, Code.Unavailable);
    proxy.keystore.isAway = false;
    assert.equal(await proxy.verdict([plainCall()]), "allowed, 1 grants");
  });

  it("loses nothing but time when an answer is lost after the signature was made", async () => {
    await using proxy = await start();
    const given = await grantedStep(proxy, plainCall());
    proxy.faults.add({
      target: "keystore",
      method: "/wallet/sign-nep366-delegate",
      count: 1,
      fault: { kind: "lost" },
    });
    assert.equal((await failure(proxy.client.signStep(given))).code, Code.Unavailable);
    assert.ok((await proxy.client.signStep(given)).delegateHash);
  });
});

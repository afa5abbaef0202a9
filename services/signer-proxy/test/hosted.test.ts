import assert from "node:assert/strict";
import { Code, createClient } from "@connectrpc/connect";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { createLogger, hostService, inMemoryTransport, remoteTransport, systemPorts } from "@outlayer/kit";
import { createSignerProxy } from "../src/service.ts";
import { configFor, failure, freeBinds } from "./support/proxy.ts";
import { walletAccountId, walletId } from "./support/samples.ts";
import { normal, paths, startScriptedKeystore } from "./support/scripted-keystore.ts";

describe("the signer proxy on its ports", () => {
  it("answers services, and nobody else (rule: service-methods-take-services)", async () => {
    await using keystore = await startScriptedKeystore();
    const serviceToken = "service-token";
    const logger = createLogger("signer-proxy", "silent");
    const service = createSignerProxy(configFor(keystore.url), { ports: systemPorts(), logger });
    const hosted = await hostService(service, freeBinds, { logger, serviceToken });
    try {
      const clientWith = (serviceToken: string | undefined) => {
        const caller = { from: "planner", to: "signer-proxy", serviceToken } as const;
        return createClient(SignerProxyService, remoteTransport(hosted.listeners.grpcUrl, caller));
      };
      assert.equal((await clientWith("service-token").getAccount({ walletId })).accountId, walletAccountId);
      for (const wrong of [undefined, "other"]) {
        assert.equal((await failure(clientWith(wrong).getAccount({ walletId }))).code, Code.PermissionDenied);
      }
    } finally {
      await hosted.stop();
    }
  });

  it("starts while the keystore is away, says that it is not ready, refuses calls, and stops", async () => {
    const keystore = await startScriptedKeystore();
    await keystore[Symbol.asyncDispose]();
    const logger = createLogger("signer-proxy", "silent");
    const service = createSignerProxy(configFor(keystore.url), { ports: systemPorts(), logger });
    const hosted = await hostService(service, freeBinds, { logger, serviceToken: undefined });
    try {
      assert.equal((await fetch(`${hosted.listeners.httpUrl}/readyz`)).status, 503);
      assert.equal((await fetch(`${hosted.listeners.httpUrl}/livez`)).status, 200);
      const client = createClient(
        SignerProxyService,
        remoteTransport(hosted.listeners.grpcUrl, { from: "planner", to: "signer-proxy", serviceToken: undefined }),
      );
      const error = await failure(client.getAccount({ walletId }));
      assert.equal(error.code, Code.Unavailable);
      assert.equal(error.rawMessage, "keystore unavailable: no connection (ECONNREFUSED)");
      const away = await fetch(`${hosted.listeners.httpUrl}/readyz`);
      assert.equal(away.status, 503);
      const dependencies = { keystore: "away" };
      assert.deepEqual(await away.json(), { status: "not_ready", reasons: ["keystore is away"], dependencies });
    } finally {
      await hosted.stop();
    }
  });

  it("reaches the keystore by the way that it is given, so that it can live in the same process", async () => {
    const config = configFor("http://keystore.invalid");
    const logger = createLogger("signer-proxy", "silent");
    const asked: string[] = [];
    const service = createSignerProxy(config, {
      ports: systemPorts(),
      logger,
      async post(url, init) {
        const { pathname } = new URL(String(url));
        asked.push(pathname);
        const answer = normal(pathname, JSON.parse(String(init?.body)));
        assert.ok(typeof answer === "object");
        return "json" in answer
          ? Response.json(answer.json)
          : new Response(answer.text, { status: answer.status, headers: { "content-type": answer.type } });
      },
    });
    const guards = { logger, serviceToken: undefined };
    const client = createClient(SignerProxyService, inMemoryTransport(service.routes, guards, "planner"));
    assert.equal((await client.getAccount({ walletId })).accountId, walletAccountId);
    assert.deepEqual(asked, [paths.delegate, paths.policy, paths.derive]);
    await service.stop();
  });
});

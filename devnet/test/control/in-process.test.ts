import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { startDevnet } from "../../src/devnet.ts";

describe("a devnet without sockets", () => {
  it("is reached by its own fetch, faults included", async () => {
    const devnet = await startDevnet({ blockTimeMs: "manual", listen: false });
    try {
      const post = (url: string, body: unknown, init: RequestInit = {}) =>
        devnet.fetch(url, { method: "POST", body: JSON.stringify(body), ...init });
      // biome-ignore lint/suspicious/noExplicitAny: looked into below
      const json = async (answer: Response): Promise<any> => answer.json();
      const ask = (init?: RequestInit) => post(devnet.rpcUrl, { jsonrpc: "2.0", id: 1, method: "status" }, init);
      assert.equal((await json(await ask())).result.chain_id, "devnet");
      await post(`${devnet.controlUrl}/faults`, { method: "status", kind: "too_many_requests" });
      const limited = await ask();
      assert.deepEqual([limited.status, limited.headers.get("retry-after")], [429, "1"]);
      await post(`${devnet.controlUrl}/rpc`, { away: true });
      await assert.rejects(ask(), (error: Error) => (error.cause as { code?: string }).code === "ECONNRESET");
      await post(`${devnet.controlUrl}/rpc`, { away: false });
      await assert.rejects(ask({ signal: AbortSignal.abort(new Error("enough")) }), /enough/);
      await assert.rejects(devnet.fetch("http://elsewhere.invalid"), TypeError);
      const headers = { authorization: `Bearer ${devnet.keystoreToken}`, "content-type": "application/json" };
      const address = await post(
        `${devnet.keystoreUrl}/wallet/derive-address`,
        { wallet_id: "wallet-1", chain: "near" },
        { headers },
      );
      assert.equal((await json(address)).address, devnet.wallets[0]?.accountId);
    } finally {
      await devnet.close();
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Devnet } from "../../src/devnet.ts";
import { withDevnet } from "./support.ts";

const page = "https://page.example";
const type = { "content-type": "application/json" };

/** The status, and the headers that say what a page may do. */
async function ask(url: string, method: string, headers: Record<string, string>, body?: string) {
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  await answer.arrayBuffer();
  const of = (name: string) => answer.headers.get(`access-control-allow-${name}`);
  return { status: answer.status, origin: of("origin"), methods: of("methods"), headers: of("headers") };
}

describe("pages of any origin", () => {
  const preflight = { origin: page, "access-control-request-method": "POST" };
  const status = '{"jsonrpc":"2.0","id":1,"method":"status","params":[]}';

  it("read what the RPC answers, errors too", () =>
    withDevnet(async ({ rpcUrl }: Devnet) => {
      const asked = await ask(rpcUrl, "OPTIONS", preflight);
      const headers = "authorization, accept, content-type";
      assert.deepEqual(asked, { status: 200, origin: "*", methods: "GET, POST", headers });
      for (const body of [status, "{}", status.replace('"status"', '"unknown"')]) {
        assert.equal((await ask(rpcUrl, "POST", { ...type, origin: page }, body)).origin, "*", body);
      }
      assert.equal((await ask(`${rpcUrl}/status`, "GET", { origin: page })).origin, "*");
      assert.equal((await ask(rpcUrl, "POST", type, status)).origin, null);
    }));

  it("read nothing of controls and keystore", () =>
    withDevnet(async ({ controlUrl, keystoreUrl }: Devnet) => {
      for (const url of [controlUrl, `${keystoreUrl}/health`]) {
        for (const [method, headers] of [
          ["OPTIONS", preflight],
          ["GET", { origin: page }],
        ] as const) {
          assert.equal((await ask(url, method, headers)).origin, null, `${method} ${url}`);
        }
      }
    }));
});

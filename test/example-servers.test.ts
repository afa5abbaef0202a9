import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Devnet, startDevnet } from "@outlayer/devnet";
import { type Example, serveExample } from "@outlayer/example-web";
import { keyPairFromSeed } from "@outlayer/near";

const { publicKey } = keyPairFromSeed(new Uint8Array(32).fill(5));
const rest = "http://127.0.0.1:1";

describe("the example's servers", () => {
  let devnet: Devnet;
  let example: Example;
  before(async () => {
    devnet = await startDevnet({ blockTimeMs: "manual" });
    example = await serveExample({ page: 0, wallet: 0 });
  });
  after(async () => {
    await example.stop();
    await devnet.close();
  });

  /** As browsers never ask: any host, any path. */
  async function ask(url: string, path: string, headers: Record<string, string> = {}, method = "GET", body = "") {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, headers, method });
    asked.end(body);
    const response = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
      asked.once("response", resolve).once("error", reject);
    });
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  }

  it("ask for patience until the product is there", async () => {
    assert.deepEqual([(await ask(example.page, "/")).status, (await ask(example.wallet, "/")).status], [503, 503]);
    const { rpcUrl: nearRpc, controlUrl: devnetControl, verifierId } = devnet;
    example.open({ rest, nearRpc, devnetControl, verifierId });
  });

  it("leave no port behind where the second is not to be had", async () => {
    const gone = await serveExample({ page: 0, wallet: 0 });
    await gone.stop();
    const ports = { page: Number(new URL(gone.page).port), wallet: Number(new URL(example.wallet).port) };
    await assert.rejects(serveExample(ports), { code: "EADDRINUSE", port: ports.wallet });
    const served = await serveExample({ ...ports, wallet: 0 });
    await served.stop();
  });

  it("serve every file of their folders, under a policy that lets no text become code, and nothing else", async () => {
    const files = (folder: string) => readdirSync(fileURLToPath(new URL(`../examples/web/${folder}`, import.meta.url)));
    for (const [origin, folder] of [
      [example.page, "page"],
      [example.wallet, "wallet"],
    ] as const) {
      const paths = ["", ...files(folder), ...files("common").map((name) => `common/${name}`)];
      for (const path of paths) {
        const { status, headers } = await ask(origin, `/${path}`);
        assert.equal(status, 200, `${folder} ${path}`);
        const policy = String(headers["content-security-policy"]);
        assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
        assert.doesNotMatch(policy, /unsafe|\*|data:|http:(?!\/\/127\.0\.0\.1:)/);
        assert.equal(headers["x-content-type-options"], "nosniff");
      }
      const absent = [
        "/src/serve.ts",
        "/../src/serve.ts",
        "/%2e%2e/package.json",
        "/common/../../README.md",
        "/common",
        "//",
      ];
      for (const path of absent) assert.equal((await ask(origin, path)).status, 404, path);
      assert.equal((await ask(origin, "/", {}, "PUT")).status, 405);
      assert.equal((await ask(origin, "/", {}, "HEAD")).body, "");
    }
  });

  it("answer to no other name, and lead on who has typed localhost", async () => {
    const { port } = new URL(example.page);
    for (const host of ["page.example", `page.example:${port}`, "127.0.0.1", `127.0.0.1:1`]) {
      assert.equal((await ask(example.page, "/", { host })).status, 421, host);
    }
    const led = await ask(example.page, "/main.js", { host: `localhost:${port}` });
    assert.deepEqual([led.status, led.headers.location], [307, `${example.page}/main.js`]);
    const astray = await ask(example.page, "//page.example/", { host: `localhost:${port}` });
    assert.equal(astray.headers.location, `${example.page}/`);
  });

  describe("hand out an account of the devnet", () => {
    const json = { "content-type": "application/json" };
    const faucet = (body: object | string, headers: Record<string, string> = { ...json, origin: example.wallet }) =>
      ask(example.wallet, "/faucet", headers, "POST", typeof body === "string" ? body : JSON.stringify(body));

    it("with the wallet's key, 10 NEAR, and tokens in the verifier, once", async () => {
      const wanted = { account_id: "guest-1.near", public_key: publicKey };
      const given = await faucet(wanted);
      assert.deepEqual([given.status, given.body], [200, '{"account_id":"guest-1.near"}']);
      const { accounts, verifier } = devnet.controls;
      const account = accounts.get("guest-1.near");
      assert.deepEqual(
        [account?.amount, account?.keys.map((key) => [key.publicKey, key.accessKey.permission.kind])],
        [10n ** 25n, [[publicKey, "fullAccess"]]],
      );
      const balances = ["wrap.near", "usdc.near"].map((token) => verifier.balanceOf("guest-1.near", `nep141:${token}`));
      assert.deepEqual(balances, [5n * 10n ** 24n, 10n ** 8n]);
      const again = await faucet(wanted);
      assert.deepEqual(
        [again.status, JSON.parse(again.body).message],
        [409, "guest-1.near is taken: choose another name"],
      );
    });

    it("to one of two who ask for it at once", async () => {
      const name = "guest-4.near";
      const keys = [5, 6].map((seed) => keyPairFromSeed(new Uint8Array(32).fill(seed)).publicKey);
      const given = await Promise.all(keys.map((key) => faucet({ account_id: name, public_key: key })));
      assert.deepEqual(given.map(({ status }) => status).sort(), [200, 409]);
      const winner = keys[given.findIndex(({ status }) => status === 200)];
      assert.deepEqual(
        devnet.controls.accounts.get(name)?.keys.map((key) => key.publicKey),
        [winner],
      );
    });

    for (const name of ["relayer.sequential.near", "mike.near"]) {
      it(`and never ${name}, which is somebody's`, async () => {
        const before = devnet.controls.accounts.get(name)?.keys;
        assert([400, 409].includes((await faucet({ account_id: name, public_key: publicKey })).status ?? 0));
        assert.deepEqual(devnet.controls.accounts.get(name)?.keys, before);
      });
    }

    for (const [what, body] of Object.entries({
      "no JSON": "account_id=a",
      "no object": "null",
      "a list": "[]",
      "no name": { public_key: publicKey },
      "a path": { account_id: "../wallets/wallet-1.near", public_key: publicKey },
      "a name in capitals": { account_id: "Guest.near", public_key: publicKey },
      "two hyphens": { account_id: "a--b.near", public_key: publicKey },
      "a long name": { account_id: `${"a".repeat(33)}.near`, public_key: publicKey },
      "another top level": { account_id: "guest.testnet", public_key: publicKey },
      "no key": { account_id: "guest-2.near" },
      "a key of another curve": { account_id: "guest-2.near", public_key: publicKey.replace("ed25519", "secp256k1") },
    })) {
      it(`not for ${what}`, async () => {
        assert.equal((await faucet(body)).status, 400);
        assert.equal(devnet.controls.accounts.get("guest-2.near"), undefined);
      });
    }

    it("not to pages of other origins, nor at the page's own server", async () => {
      const wanted = { account_id: "guest-3.near", public_key: publicKey };
      for (const headers of [
        { ...json, origin: example.page },
        { ...json, origin: "null" },
        json,
        { "content-type": "text/plain", origin: example.wallet },
      ]) {
        assert.equal((await faucet(wanted, headers)).status, 403, JSON.stringify(headers));
      }
      assert.equal((await faucet("x".repeat(1_025))).status, 413);
      const atPage = await ask(
        example.page,
        "/faucet",
        { ...json, origin: example.page },
        "POST",
        JSON.stringify(wanted),
      );
      assert.equal(atPage.status, 405);
      assert.equal(devnet.controls.accounts.get("guest-3.near"), undefined);
    });
  });
});

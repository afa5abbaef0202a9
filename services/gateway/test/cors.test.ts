import assert from "node:assert/strict";
import { ConfigError, ConfigReader } from "@outlayer/kit";
import { readGatewayConfig } from "../src/config.ts";
import { apiKey } from "./support/samples.ts";
import { startWorld, type World } from "./support/world.ts";

const page = "https://app.example";
const path = "/wallet/v1/workflows/plan";
const asking = {
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization,content-type",
};

/** The headers of an answer that are about other origins. */
function sharing({ status, headers }: Response): readonly unknown[] {
  const names = [...headers.keys()].filter((name) => name.startsWith("access-control-")).sort();
  return [status, headers.get("access-control-allow-origin"), headers.get("vary"), names];
}

describe("a page of another origin", () => {
  let world: World;
  before(async () => {
    world = await startWorld({ config: { corsOrigins: [page, "http://127.0.0.1:5173"] } });
  });
  after(() => world[Symbol.asyncDispose]());

  const ask = (method: string, at: string, headers: Record<string, string>, body?: string) =>
    fetch(world.url + at, { method, headers, ...(body === undefined ? {} : { body }) });

  it("is told before it sends what it may send, without credentials", async () => {
    const answer = await ask("OPTIONS", path, { origin: page, ...asking });
    assert.deepEqual(sharing(answer).slice(0, 3), [204, page, "origin"]);
    assert.equal(answer.headers.get("access-control-allow-methods"), "POST");
    const allowed = answer.headers.get("access-control-allow-headers") ?? "";
    assert.match(allowed, /authorization, content-type/);
    assert.doesNotMatch(allowed, /x-internal-wallet-auth|x-wallet-id|\*/);
    assert.equal(answer.headers.get("access-control-allow-credentials"), null);
    const record = await ask("OPTIONS", "/wallet/v1/workflows/some-id", { origin: page, ...asking });
    assert.equal(record.headers.get("access-control-allow-methods"), "GET, HEAD, DELETE");
  });

  it("reads answers and refusals alike", async () => {
    const headers = { origin: page, authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    const names = ["access-control-allow-origin", "access-control-expose-headers"];
    assert.deepEqual(sharing(await ask("GET", "/livez", { origin: page })), [200, page, "origin", names]);
    assert.deepEqual(sharing(await ask("POST", path, headers, "[]")), [400, page, "origin", names]);
    assert.deepEqual(sharing(await ask("POST", path, { origin: page }, "{}")), [401, page, "origin", names]);
  });

  it("is shared with one of the named origins only, to the letter", async () => {
    const others = [
      "https://app.example:444",
      "http://app.example",
      "https://app.example.evil",
      "null",
      "https://APP.example",
    ];
    for (const origin of others) {
      assert.deepEqual(sharing(await ask("GET", "/livez", { origin })), [200, null, "origin", []], origin);
      assert.deepEqual(sharing(await ask("OPTIONS", path, { origin, ...asking })), [405, null, "origin", []], origin);
    }
    assert.equal(
      (await ask("GET", "/livez", { origin: "http://127.0.0.1:5173" })).headers.get("access-control-allow-origin"),
      "http://127.0.0.1:5173",
    );
  });

  it("finds nothing where nothing is, and no preflight in a plain OPTIONS", async () => {
    assert.equal((await ask("OPTIONS", "/nothing", { origin: page, ...asking })).status, 404);
    assert.equal((await ask("OPTIONS", path, { origin: page })).status, 405);
  });
});

describe("without named origins", () => {
  it("no answer speaks of origins", async () => {
    const world = await startWorld();
    try {
      const get = await fetch(`${world.url}/livez`, { headers: { origin: page } });
      assert.deepEqual(sharing(get), [200, null, null, []]);
      const preflight = await fetch(world.url + path, { method: "OPTIONS", headers: { origin: page, ...asking } });
      assert.deepEqual(sharing(preflight), [405, null, null, []]);
    } finally {
      await world[Symbol.asyncDispose]();
    }
  });

  for (const value of [
    "*",
    "app.example",
    "https://app.example/",
    "https://app.example/path",
    "file:///page",
    "https://*.example",
  ]) {
    it(`${value} is refused as a setting`, () => {
      const reader = new ConfigReader({ INTERNAL_WALLET_AUTH_TOKEN: "t".repeat(32), REST_CORS_ORIGINS: value });
      readGatewayConfig(reader);
      assert.throws(() => reader.check(), ConfigError);
    });
  }
});

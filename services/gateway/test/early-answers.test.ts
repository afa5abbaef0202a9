import assert from "node:assert/strict";
import { defaultWalletSlots } from "@outlayer/access";
import { askWhileSending, type Sending } from "../../../packages/kit/test/support/sending-client.ts";
import { parseRaw } from "./support/raw-http.ts";
import { assertProblem } from "./support/rest.ts";
import { paths, unknownId, worker } from "./support/samples.ts";
import { startWorld, type World, type WorldOptions } from "./support/world.ts";

const tooLong = 8 * 1024 * 1024;
const rounds = 8;
const next = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
const json = { ...worker(), "content-type": "application/json" };

/** What is answered before the body is read, and what is sent for that. */
const early: readonly [status: number, what: string, sending: Omit<Sending, "bytes">, options?: WorldOptions][] = [
  [413, "a body that is too large", { path: paths.execute, headers: json }],
  [401, "somebody unknown", { path: paths.execute, headers: { "content-type": "application/json" } }],
  [404, "a path that is not there", { path: "/wallet/v1/nothing", headers: json }],
  [413, "a body that is too large, of a cancel", { method: "DELETE", path: paths.workflow(unknownId), headers: json }],
  [405, "a method that is not allowed", { method: "PUT", path: paths.execute, headers: json }],
  [415, "a body that is no JSON", { path: paths.execute, headers: { ...json, "content-type": "text/plain" } }],
  [400, "a path that is not validly encoded", { path: "/%zz", headers: json }],
  [421, "another host", { path: paths.execute, headers: { ...json, host: "evil.example" } }],
  [
    429,
    "a wallet that has too much under way",
    { path: paths.execute, headers: json },
    { config: { slots: { ...defaultWalletSlots, requests_in_flight: 0 } } },
  ],
];

/** How the body is sent. */
const ways: readonly [how: string, way: Partial<Sending>][] = [
  ["a length", {}],
  ["chunks", { chunked: true }],
  ["a length, on a connection that was used before", { before: next }],
  ["chunks, and the next request behind them", { chunked: true, next }],
  ["a length, and the next request behind it", { bytes: 1024 * 1024, next }],
  ["a length, by a client that reads once all is sent", { bytes: 1024 * 1024, sendsFirst: true }],
];

describe("an answer that comes before the body has", () => {
  const worlds = new Map<WorldOptions | undefined, World>();
  const worldOf = async (options?: WorldOptions): Promise<World> => {
    const world = worlds.get(options) ?? (await startWorld(options));
    worlds.set(options, world);
    return world;
  };
  after(async () => {
    for (const world of worlds.values()) await world[Symbol.asyncDispose]();
  });

  for (const [status, what, sending, options] of early) {
    it(`reaches a client that is still sending: ${status} for ${what}`, async () => {
      const { url } = await worldOf(options);
      for (const [how, way] of ways) {
        const all = Array.from({ length: rounds }, () => askWhileSending(url, { bytes: tooLong, ...sending, ...way }));
        for (const raw of await Promise.all(all)) {
          const answer = parseRaw(raw);
          assert.equal(answer.status, status, `${how}: ${JSON.stringify(raw)}`);
          assert.equal(answer.headers.get("connection"), "close", how);
          assertProblem({ ...answer, text: answer.body, json: JSON.parse(answer.body) }, sending.path);
          // What is behind a body that was not read could be its sender's or anybody's.
          assert.equal(raw.match(/HTTP\/1\.1 /g)?.length, 1, how);
        }
      }
    });

    it(`comes instead of the word to go on, where a client waits for that: ${status} for ${what}`, async () => {
      const { url } = await worldOf(options);
      const expecting = { ...sending, headers: { ...sending.headers, expect: "100-continue" } };
      // Too large is known at once where the length is said.
      const raw = await askWhileSending(url, { ...expecting, bytes: tooLong });
      assert.equal(parseRaw(raw).status, status, raw);
    });
  }

  it("does not keep the gateway from answering who sends all of his body", async () => {
    const { url } = await worldOf();
    const plan = { path: paths.plan, headers: { ...json, expect: "100-continue" }, bytes: 2 };
    const raw = await askWhileSending(url, {
      ...plan,
      next: next.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"),
    });
    assert.match(raw, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 400 /);
    assert.match(raw, /HTTP\/1\.1 200 /);
  });

  it("is given to what is no HTTP as well, whatever follows it", async () => {
    const { url } = await worldOf();
    for (const [status, headers] of [
      [400, { "transfer-encoding": "chunked" }],
      [431, { "x-long": "a".repeat(17_000) }],
    ] as const) {
      const sending = { path: paths.execute, headers: { ...json, ...headers }, bytes: tooLong };
      const all = Array.from({ length: rounds }, () => askWhileSending(url, sending));
      for (const raw of await Promise.all(all)) assert.equal(parseRaw(raw).status, status, raw);
    }
  });
});

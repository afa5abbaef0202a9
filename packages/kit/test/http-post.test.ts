import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { httpPost, type Post, readPieces } from "../src/http-post.ts";

const waiting = new AbortController();
const post: Post = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: "{}",
  signal: waiting.signal,
};

describe("a post to an upstream", () => {
  let server: Server;
  let answer: RequestListener = () => {};

  before(async () => {
    server = createServer((request, response) => answer(request, response));
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  after(() => void server.close().closeAllConnections());
  const url = (path = "/") => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

  it("sends headers and body as given, and reads status, headers and text", async () => {
    answer = async (request, response) => {
      const { method, headers } = request;
      response.writeHead(503, { "retry-after": "7" });
      response.end(`${method} ${headers["content-type"]} ${headers["content-length"]} ${await text(request)}`);
    };
    const answered = await httpPost(url(), { ...post, body: "né" });
    assert.deepEqual([answered.status, answered.ok], [503, false]);
    assert.deepEqual([answered.headers.get("Retry-After"), answered.headers.get("location")], ["7", null]);
    assert.equal(await answered.text(), "POST application/json 3 né");
  });

  it("uses one connection for posts that follow one another", async () => {
    const connections = new Set<unknown>();
    answer = ({ socket }, response) => {
      connections.add(socket);
      response.end("fine");
    };
    for (let count = 0; count < 5; count += 1) await (await httpPost(url(), post)).text();
    assert.equal(connections.size, 1);
  });

  it("ends with the signal's reason, before the answer and within it", async () => {
    const reason = new Error("too late");
    const early = new AbortController();
    answer = () => early.abort(reason);
    await assert.rejects(httpPost(url(), { ...post, signal: early.signal }), reason);
    await assert.rejects(httpPost(url(), { ...post, signal: early.signal }), reason);
    const within = new AbortController();
    answer = (_, response) => void response.write("half");
    const answered = await httpPost(url(), { ...post, signal: within.signal });
    const reading = assert.rejects(answered.text(), reason);
    within.abort(reason);
    await reading;
  });

  it("gives the connection up where its reader stops early, and throws what the reader throws", async () => {
    const gone = new Promise((resolve) => {
      answer = (_, response) => {
        response.on("close", resolve);
        response.write("the first piece of many");
      };
    });
    const { body } = await httpPost(url(), post);
    const enough = new Error("enough");
    const reading = readPieces(body as NonNullable<typeof body>, () => {
      throw enough;
    });
    await assert.rejects(reading, enough);
    await gone;
  });

  it("is not waited for where it had broken off before it was read", async () => {
    const reason = new Error("too late");
    const ended = new AbortController();
    answer = (_, response) => void response.write("half");
    const { body } = await httpPost(url(), { ...post, signal: ended.signal });
    ended.abort(reason);
    await new Promise(setImmediate);
    await assert.rejects(
      readPieces(body as NonNullable<typeof body>, () => {}),
      reason,
    );
  });

  it("fails with the connection's code where nobody answers, and where an answer breaks off", async () => {
    await assert.rejects(httpPost("http://127.0.0.1:1/", post), { code: "ECONNREFUSED" });
    answer = (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    };
    await assert.rejects(async () => (await httpPost(url(), post)).text(), { code: "ECONNRESET" });
  });

  it("follows a redirect with its body, unless it is told not to", async () => {
    answer = async (request, response) => {
      if (request.url === "/new") return void response.end(`new ${await text(request)}`);
      response.writeHead(308, { location: "/new" }).end("moved");
    };
    assert.equal(await (await httpPost(url(), { ...post, body: "body" })).text(), "new body");
    const manual = await httpPost(url(), { ...post, redirect: "manual" });
    assert.deepEqual([manual.status, await manual.text()], [308, "moved"]);
  });

  for (const [coding, packed] of [
    ["gzip", gzipSync("packed")],
    ["deflate", deflateSync("packed")],
    ["br", brotliCompressSync("packed")],
  ] as const) {
    it(`asks for no compression, and reads what is ${coding} all the same, posted once`, async () => {
      const asked: unknown[] = [];
      answer = ({ headers }, response) => {
        asked.push(headers["accept-encoding"]);
        response.writeHead(200, { "content-encoding": coding }).end(packed);
      };
      assert.equal(await (await httpPost(url(), post)).text(), "packed");
      assert.deepEqual(asked, ["identity"]);
    });
  }

  it("fails where what is compressed is broken, ends, or has a coding that it does not know", async () => {
    answer = (_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip");
    await assert.rejects(async () => (await httpPost(url(), post)).text(), { code: "Z_DATA_ERROR" });
    const reason = new Error("too late");
    const within = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.write(gzipSync("packed").subarray(0, 12));
    };
    const answered = await httpPost(url(), { ...post, signal: within.signal });
    const reading = assert.rejects(answered.text(), reason);
    within.abort(reason);
    await reading;
    answer = (_, response) => void response.writeHead(200, { "content-encoding": "own" }).end("?");
    await assert.rejects(httpPost(url(), post), /content coding/);
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { remoteTransport } from "@outlayer/kit";

const failure = (call: Promise<unknown>) => call.then(() => assert.fail("the call succeeded"), ConnectError.from);

/** A server that does with each stream what a test says, and a client of it. */
async function startServer(take: (stream: ServerHttp2Stream, timeoutMs: number) => void) {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer();
  server.on("session", (session) => sessions.push(session));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    take(stream, Number(headers["connect-timeout-ms"]));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const caller = { from: undefined, to: "evidence", serviceToken: undefined } as const;
  return {
    sessions,
    health: createClient(Health, remoteTransport(`http://127.0.0.1:${port}`, caller)),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/proto" });
  stream.end();
}

/** Deadline of calls that the server leaves unanswered, and unread. */
const shortMs = 50;

describe("a connection on which calls get no answer", () => {
  it("cannot refuse the calls of others after large bodies were cancelled by their deadlines", async () => {
    await using server = await startServer((stream, timeoutMs) => {
      if (timeoutMs > shortMs) answer(stream);
    });
    const { health } = server;
    await health.check({});
    const service = "x".repeat(1024 * 1024);
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 12 }, () => failure(health.check({ service }, { timeoutMs: shortMs }))));
      for (let call = 0; call < 3; call++) await health.check({});
    }
  });

  it("takes no call after one that ended with ENHANCE_YOUR_CALM, and lets those under way be answered", async () => {
    let held: ServerHttp2Stream | undefined;
    let seen = 0;
    const isHeld = Promise.withResolvers<void>();
    await using server = await startServer((stream) => {
      seen += 1;
      if (seen === 1) {
        held = stream;
        isHeld.resolve();
      } else if (stream.session === server.sessions[0]) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      else answer(stream);
    });
    const { health, sessions } = server;
    const underWay = health.check({});
    await isHeld.promise;
    const refused = await failure(health.check({}));
    assert.equal(refused.code, Code.Unavailable, "nobody knows whether it was carried out");
    await health.check({});
    assert.equal(sessions.length, 2);
    assert.ok(held);
    answer(held);
    await underWay;
  });

  it("takes no call after three in a row without an answer, of which none counts that its caller gave up", async () => {
    const arrived: (() => void)[] = [];
    await using server = await startServer((stream, timeoutMs) => {
      arrived.shift()?.();
      if (timeoutMs > shortMs && timeoutMs < 4_000) return;
      if (timeoutMs > shortMs) answer(stream);
    });
    const { health, sessions } = server;
    for (let call = 0; call < 4; call++) {
      const gaveUp = new AbortController();
      arrived.push(() => gaveUp.abort());
      await failure(health.check({}, { signal: gaveUp.signal, timeoutMs: 3_000 }));
    }
    const unanswered = () => failure(health.check({}, { timeoutMs: shortMs }));
    for (let call = 0; call < 4; call++) {
      await unanswered();
      await health.check({});
    }
    assert.equal(sessions.length, 1);
    // A stream is closed a little after its call has failed: the one that comes next may still be on the same connection.
    while (sessions.length < 2) await unanswered();
    await health.check({});
    assert.equal(sessions.length, 2);
  });
});

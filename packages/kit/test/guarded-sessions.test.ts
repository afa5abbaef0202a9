import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type ClientHttp2Stream, constants, createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { createClient } from "@connectrpc/connect";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { remoteTransport } from "@outlayer/kit";

/** Where Node tells of the streams that a client opens: the connection itself is out of reach. */
const created = "http2.client.stream.created";

describe("a connection whose other end goes away", () => {
  it("does not end the process when a call comes before it is closed", async () => {
    const sessions: ServerHttp2Session[] = [];
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "application/proto" });
      response.end();
    });
    server.on("session", (session) => sessions.push(session));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const caller = { from: undefined, to: "evidence", serviceToken: undefined } as const;
    const health = createClient(Health, remoteTransport(`http://127.0.0.1:${port}`, caller));
    const streams: ClientHttp2Stream[] = [];
    const note = (message: unknown) => void streams.push((message as { stream: ClientHttp2Stream }).stream);
    const others = process.listeners("uncaughtException");
    const uncaught: unknown[] = [];
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => uncaught.push(error));
    subscribe(created, note);
    try {
      await health.check({});
      const session = streams[0]?.session;
      assert.ok(session);
      const closed = new Promise<void>((resolve) => session.once("close", resolve));
      const again = new Promise((resolve) => session.once("goaway", () => resolve(health.check({}))));
      sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR);
      await again;
      await closed;
      assert.deepEqual(uncaught, []);
      assert.equal(sessions.length, 2, "the call took a new connection");
    } finally {
      unsubscribe(created, note);
      process.removeAllListeners("uncaughtException");
      for (const listener of others) process.on("uncaughtException", listener);
      for (const session of sessions) session.destroy();
      server.close();
    }
  });
});

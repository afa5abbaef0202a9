import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { sendRaw } from "./support/raw-http.ts";
import { startWorld, type World } from "./support/world.ts";

const get = (host: string) => `GET /livez HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;

describe("REST's listener", () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  it("answers whoever asks, however many connections somebody else leaves idle", async () => {
    const { hostname, port } = new URL(world.url);
    const sockets: Socket[] = [];
    const open = async () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      sockets.push(socket);
      await once(socket.resume(), "connect");
    };
    try {
      // More than it takes: the first of them go.
      for (let round = 0; round < 8; round++) {
        await Promise.all(Array.from({ length: 160 }, open));
        assert.equal((await sendRaw(world.url, get("localhost"))).status, 200);
      }
      for (const socket of sockets.slice(0, 64)) if (!socket.closed) await once(socket, "close");
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it("lets a load balancer keep a connection for a minute without a request", async () => {
    const { headers } = await world.rest("GET", "/livez");
    assert.match(headers.get("keep-alive") ?? "", /timeout=75/);
  });

  it("tells a page whose name resolves to loopback that this is another host", async () => {
    const { port } = new URL(world.url);
    for (const host of ["localhost", `localhost:${port}`, "127.0.0.1:1", "[::1]", "LOCALHOST:80"]) {
      assert.equal((await sendRaw(world.url, get(host))).status, 200, host);
    }
    const others = ["evil.example", `evil.example:${port}`, "localhost.evil.example", "127.0.0.1.nip.io", "localhost:"];
    for (const host of others) assert.equal((await sendRaw(world.url, get(host))).status, 421, host);
  });
});

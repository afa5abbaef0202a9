import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@outlayer/contracts/grpc/health/v1/health";
import { ServerReflection } from "@outlayer/contracts/grpc/reflection/v1/reflection";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import {
  createLogger,
  Readiness,
  type RpcGuards,
  type RpcListeners,
  remoteTransport,
  serveRpc,
  systemPorts,
} from "@outlayer/kit";
import { oneMethod } from "./support/broadcaster-stub.ts";
import { askHttp1, askHttp2 } from "./support/raw-request.ts";
import { virtualTime } from "./support/virtual-time.ts";

const bind = { host: "127.0.0.1", port: 0 };
const logger = createLogger("broadcaster", "silent");
const asPlanner = { from: "planner", to: "broadcaster", serviceToken: undefined } as const;

describe("what connections may cost", () => {
  const undo: (() => unknown)[] = [];
  /** Long times are the test's, short ones the system's. */
  const serve = async (answer: () => object | Promise<object> = () => ({}), guards: Partial<RpcGuards> = {}) => {
    const hand = virtualTime();
    const { clock, timers, random } = systemPorts();
    const mixed = { after: (ms: number, run: () => void) => (ms < 2_000 ? timers : hand.timers).after(ms, run) };
    const readiness = new Readiness();
    readiness.start();
    const { routes } = oneMethod(answer);
    const all = { logger, serviceToken: undefined, ...guards };
    const ports = { clock, timers: mixed, random };
    const listeners: RpcListeners = await serveRpc(routes, all, { grpc: bind, http: bind }, readiness, ports);
    undo.push(() => listeners.close());
    return { ...listeners, hand };
  };
  const connected = async (url: string): Promise<ClientHttp2Session> => {
    const session = connectHttp2(url);
    session.on("error", () => {});
    undo.push(() => session.destroy());
    await once(session, "remoteSettings");
    return session;
  };
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  it("strangers open few streams on a connection, and services as many as wallets need", async () => {
    const { grpcUrl } = await serve();
    const session = await connected(grpcUrl);
    assert.equal(session.remoteSettings.maxConcurrentStreams, 100);
    assert.equal(session.remoteSettings.maxHeaderListSize, 16 * 1024);
    const raised = once(session, "remoteSettings");
    const headers = { ":method": "POST", ":path": "/outlayer.broadcaster.v1.BroadcasterService/GetGateFacts" };
    session.request({ ...headers, "content-type": "application/proto", "x-service-name": "planner" }).end();
    await raised;
    assert.equal(session.remoteSettings.maxConcurrentStreams, 10_000);
  });

  it("a connection without streams does not stay", async () => {
    const { grpcUrl, hand } = await serve();
    const session = await connected(grpcUrl);
    const told = once(session, "goaway");
    assert.ok(hand.waiting.includes(60_000));
    hand.fire();
    const [code, lastStreamId] = await told;
    assert.deepEqual([code, lastStreamId], [0, 2 ** 31 - 1]);
    assert.ok(hand.waiting.includes(5_000));
    const closed = once(session, "close");
    hand.fire();
    await closed;
  });

  it("an old connection finishes what it carries, and no call is lost with it", async () => {
    const asked = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<object>();
    let first = true;
    const { grpcUrl, hand } = await serve(() => {
      if (!first) return {};
      first = false;
      asked.resolve();
      return finish.promise;
    });
    const client = createClient(BroadcasterService, remoteTransport(grpcUrl, asPlanner));
    const underWay = client.getGateFacts({ gateId: "gate.near" });
    await asked.promise;
    hand.fire();
    await client.getGateFacts({ gateId: "gate.near" });
    finish.resolve({});
    await underWay;
  });

  it("a listener of HTTP/1.1 takes so many connections: the one idle longest makes room, and whoever asks is answered", async () => {
    const { httpUrl } = await serve();
    const { hostname, port } = new URL(httpUrl);
    const closed: Socket[] = [];
    const opened = async () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.once("close", () => closed.push(socket));
      undo.push(() => socket.destroy());
      await once(socket.resume(), "connect");
      return socket;
    };
    const livez = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const used = await opened();
    used.write(livez);
    await once(used, "data");
    const idle = await Promise.all(Array.from({ length: 1_023 }, opened));
    for (let one = 0; one < 32; one++) assert.equal((await fetch(`${httpUrl}/livez`)).status, 200);
    used.write(livez);
    assert.match(String((await once(used, "data"))[0]), /^HTTP\/1\.1 200 /);
    // Those that came first went first; fetch keeps a connection or two of its own.
    const [first] = idle;
    if (first?.closed === false) await once(first, "close");
    assert.ok(closed.length < 40 && !closed.includes(used));
  });

  it("watches of health are few, end after a while, and leave checks alone", async () => {
    const { grpcUrl, hand } = await serve();
    const health = createClient(Health, createGrpcTransport({ baseUrl: grpcUrl }));
    const watch = () => health.watch({})[Symbol.asyncIterator]();
    const watches = Array.from({ length: 4 }, watch);
    for (const one of watches) assert.equal((await one.next()).value?.status, Status.SERVING);
    const refused = await watch()
      .next()
      .then(() => undefined, ConnectError.from);
    assert.equal(refused?.code, Code.ResourceExhausted);
    assert.equal((await health.check({})).status, Status.SERVING);
    hand.fire();
    for (const one of watches) assert.equal((await one.next()).done, true);
    assert.equal((await watch().next()).value?.status, Status.SERVING);
  });

  it("nobody is told what is served, unless that is turned on", async () => {
    const list = async (url: string) => {
      const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: url }));
      const request = { messageRequest: { case: "listServices" as const, value: "" } };
      const asked = async function* () {
        yield request;
      };
      for await (const { messageResponse } of client.serverReflectionInfo(asked())) return messageResponse.case;
      return undefined;
    };
    const off = await serve();
    const refused = await list(off.grpcUrl).then(() => undefined, ConnectError.from);
    assert.equal(refused?.code, Code.Unimplemented);
    const on = await serve(undefined, { reflection: true });
    assert.equal(await list(on.grpcUrl), "listServicesResponse");
  });

  it("a load balancer can keep a connection for a minute without a request", async () => {
    const { httpUrl } = await serve();
    const response = await fetch(`${httpUrl}/livez`);
    assert.match(response.headers.get("keep-alive") ?? "", /timeout=75/);
  });

  it("a page whose name resolves to loopback is told that this is another host", async () => {
    const { grpcUrl, httpUrl } = await serve();
    const { port } = new URL(httpUrl);
    const ask = (host: string) =>
      askHttp1(httpUrl, { path: "/livez", headers: { host, connection: "close" }, body: Buffer.alloc(0) });
    for (const host of ["localhost", `localhost:${port}`, "127.0.0.1:1", "[::1]", "LOCALHOST:80"]) {
      assert.equal((await ask(host)).status, 200, host);
    }
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "localhost.evil.example",
      "127.0.0.1.nip.io",
      "",
      "localhost:",
    ]) {
      assert.equal((await ask(host)).status, 421, host);
    }
    const method = { path: "/grpc.health.v1.Health/Check", end: false };
    const evil = await askHttp2(grpcUrl, { ...method, headers: { ":authority": "evil.example" } });
    assert.deepEqual([evil.status, evil.closed], [421, 0]);
  });
});

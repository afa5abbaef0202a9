import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { createRouterTransport } from "@connectrpc/connect";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { createLogger, hostService, systemPorts } from "@outlayer/kit";
import { virtualTime } from "../../../packages/kit/test/support/virtual-time.ts";
import { limits } from "../src/http/limits.ts";
import { sendRaw } from "./support/raw-http.ts";
import { recordOf } from "./support/rest.ts";
import { apiKey, batch, internalToken, paths, transfer, unknownId, worker } from "./support/samples.ts";
import { watched } from "./support/upstreams.ts";
import { startWorld } from "./support/world.ts";

describe("health over REST", () => {
  it("is alive and ready once started", async () => {
    await using world = await startWorld();
    assert.deepEqual((await world.rest("GET", "/livez", { headers: {} })).json, { status: "alive" });
    assert.deepEqual((await world.rest("GET", "/readyz", { headers: {} })).json, { status: "ready" });
  });

  it("is on the ports of kit's host as well", async () => {
    await using world = await startWorld();
    const bind = { host: "127.0.0.1", port: 0 };
    const guards = { logger: createLogger("gateway", "silent"), serviceToken: undefined };
    const other = { ...world.gateway, start: async () => {}, stop: async () => {} };
    const hosted = await hostService(other, { grpcBind: bind, httpBind: bind }, guards);
    assert.equal(hosted.name, "gateway");
    assert.equal((await fetch(`${hosted.listeners.httpUrl}/readyz`)).status, 200);
    await hosted.stop();
  });
});

describe("the request log", () => {
  it("has one line a request, with the route and the record's id, and no secret, body or query", async () => {
    await using world = await startWorld();
    const body = { ...transfer, note: "hunter2" };
    const { request_id: requestId } = recordOf(await world.rest("POST", paths.execute, { body }));
    await world.rest("GET", `${paths.workflow(requestId)}?wait=0&note=hunter2`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    await world.rest("GET", "/nowhere/hunter2");
    await world.rest("POST", paths.plan, { headers: {}, body });
    await world.rest("GET", "/%zz");
    await world.logged({ route: "none", status: 400 });
    const requests = world.lines.filter(({ msg }) => msg === "request");
    assert.deepEqual(
      requests.map(({ method, route, status, request_id }) => [method, route, status, request_id]),
      [
        ["POST", "/wallet/v1/workflows/execute", 202, requestId],
        ["GET", "/wallet/v1/workflows/:request_id", 200, requestId],
        ["GET", "none", 404, undefined],
        ["POST", "/wallet/v1/workflows/plan", 401, undefined],
        ["GET", "none", 400, undefined],
      ],
    );
    for (const { ms } of requests) assert.equal(typeof ms, "number");
    assert.doesNotMatch(JSON.stringify(world.lines), new RegExp(`hunter2|${internalToken}|${apiKey}|wrap\\.near`));
  });

  it("cannot be filled by strangers, whatever they ask, and has each request of a wallet", async () => {
    const time = virtualTime(0);
    await using world = await startWorld({ time: { clock: time.clock, timers: systemPorts().timers } });
    const headers = {};
    const asks: readonly (readonly [number, (i: number) => Promise<{ readonly status: number }>])[] = [
      [401, () => world.rest("POST", paths.plan, { headers, body: transfer })],
      [404, (i) => world.rest("GET", `/${i}`, { headers })],
      [405, () => world.rest("PATCH", paths.plan, { headers })],
      [200, () => world.rest("GET", "/livez", { headers })],
      [400, (i) => sendRaw(world.url, `nothing ${i}\r\n\r\n`)],
    ];
    let times = 0;
    const flood = async () => {
      times += 1;
      for (const [status, ask] of asks) assert.equal((await ask(times)).status, status);
    };
    for (let i = 0; i < 50; i++) await flood();
    for (let i = 0; i < 30; i++) await world.rest("GET", paths.workflow(unknownId));
    const linesOf = (status: number, wallet: boolean) =>
      world.lines.filter((line) => line.status === status && "wallet_id" in line === wallet);
    // A line comes once its connection has heard of the answer: what comes late is left out by then, or a line of the next time.
    let rounds = 0;
    const told = (status: number) =>
      linesOf(status, false).reduce((sum, { left_out }) => sum + 1 + Number(left_out ?? 0), 0);
    while (linesOf(404, true).length < 30 || asks.some(([status]) => told(status) !== times)) {
      rounds += 1;
      time.advance(6_000);
      await flood();
    }
    for (const [status] of asks) {
      const { length } = linesOf(status, false);
      assert.ok(length > 10 && length <= 10 + rounds, `${length} lines with ${status} after ${rounds} rounds`);
    }
    assert.equal(linesOf(404, true).length, 30);
  }).timeout(30_000);
});

describe("stopping", () => {
  it("answers who waits with what there is, and listens no more", async () => {
    const waiting = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let held = 0;
    const world = await startWorld({
      transports: ({ evidence }) => ({ evidence: watched(evidence, () => waiting[held++]?.resolve()) }),
    });
    const { request_id: id } = recordOf(await world.rest("POST", paths.execute, { body: transfer }));
    const headers = { ...worker(), prefer: "wait=60" };
    const posted = world.rest("POST", paths.batch, { body: batch, headers });
    await waiting[0]?.promise;
    const read = world.rest("GET", `${paths.workflow(id)}?wait=25`);
    await waiting[1]?.promise;
    await world.gateway.stop();
    assert.equal((await posted).status, 202);
    assert.equal((await posted).headers.get("connection"), "close");
    assert.equal((await read).status, 200);
    assert.equal(recordOf(await read).request_id, id);
    await assert.rejects(fetch(`${world.url}/livez`));
    await world[Symbol.asyncDispose]();
  });

  it("lets what is in flight end, and closes its connection then", async () => {
    const asked = Promise.withResolvers<void>();
    const planned = Promise.withResolvers<object>();
    const planner = createRouterTransport((router) => {
      router.service(PlannerService, {
        plan() {
          asked.resolve();
          return planned.promise;
        },
      });
    });
    const world = await startWorld({ transports: () => ({ planner }) });
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    const lines = Object.entries({ host: "localhost", "content-length": "2", ...worker() }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    socket.write(`POST ${paths.plan} HTTP/1.1\r\n${lines.join("")}\r\n{}`);
    await asked.promise;
    const stopped = world.gateway.stop();
    planned.resolve({ plan: { accepted: true } });
    const answers = await text(socket);
    assert.match(answers, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*connection: close\r\n/i);
    assert.match(answers, /"accepted":true/);
    await stopped;
    await world[Symbol.asyncDispose]();
  });

  it("gives an upstream the time that it has, and answers then", async () => {
    const time = virtualTime(Date.UTC(2026, 3, 24, 19));
    const asked = Promise.withResolvers<void>();
    const planner = createRouterTransport((router) => {
      router.service(PlannerService, {
        plan() {
          asked.resolve();
          return new Promise(() => {});
        },
      });
    });
    const world = await startWorld({ time, transports: () => ({ planner }) });
    const posted = world.rest("POST", paths.plan, { body: transfer });
    await asked.promise;
    const stopped = world.gateway.stop();
    await time.armed(limits.graceMs);
    time.advance(15_000);
    assert.equal((await posted).status, 503);
    await stopped;
    await world[Symbol.asyncDispose]();
  });

  it("does not wait longer than its grace for what does not end", async () => {
    const time = virtualTime(Date.UTC(2026, 3, 24, 19));
    const world = await startWorld({ time });
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    const closed = once(socket, "close");
    const lines = Object.entries({ host: "localhost", "content-length": "2", ...worker(), expect: "100-continue" }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    socket.write(`POST ${paths.plan} HTTP/1.1\r\n${lines.join("")}\r\n`);
    // The gateway has begun with it, and its body never comes.
    const [begun] = await once(socket, "data");
    assert.match(String(begun), /^HTTP\/1\.1 100 /);
    const stopped = world.gateway.stop();
    await time.armed(limits.graceMs);
    time.advance(limits.graceMs - 1);
    assert.equal(socket.closed, false);
    time.advance(1);
    await closed;
    await stopped;
    await world[Symbol.asyncDispose]();
  });

  it("does not wait for connections on which nothing was asked", async () => {
    const world = await startWorld();
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    // A request on another connection makes sure that the gateway has seen this one.
    await world.rest("GET", "/livez");
    const closed = once(socket, "close");
    socket.resume();
    await world.gateway.stop();
    await closed;
    await world[Symbol.asyncDispose]();
  });

  it("may be asked for twice", async () => {
    const world = await startWorld();
    await world.gateway.stop();
    await world.gateway.stop();
    await world[Symbol.asyncDispose]();
  });
});

describe("starting", () => {
  it("fails when the address is taken", async () => {
    await using world = await startWorld();
    const port = Number(new URL(world.url).port);
    await assert.rejects(startWorld({ config: { bind: { host: "127.0.0.1", port } } }), { code: "EADDRINUSE" });
  });
});

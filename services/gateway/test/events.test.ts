import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { virtualTime } from "../../../packages/kit/test/support/virtual-time.ts";
import { writeEvents } from "../src/http/event-stream.ts";
import { EventReader } from "./support/event-reader.ts";
import { recordOf } from "./support/rest.ts";
import { ambiguousStep, batch, paths, transfer, unknownId, worker } from "./support/samples.ts";
import { answering, breakingOffAfter, watched } from "./support/upstreams.ts";
import { type EventInit, events, startWorld, type World } from "./support/world.ts";

const startMs = Date.UTC(2026, 3, 24, 19);
const wholeLife: readonly EventInit[] = [events.taken, events.waiting, events.succeeded];
const versions = (told: readonly { readonly version: number }[]) => told.map(({ version }) => version);

async function openOne(world: World, path = paths.execute, body: object = transfer): Promise<string> {
  return recordOf(await world.rest("POST", path, { body })).request_id;
}

describe("the events of a workflow", () => {
  it("come in order as they happen, and end with it", async () => {
    await using world = await startWorld();
    const id = await openOne(world);
    const reader = await EventReader.open(`${world.url}${paths.events(id)}`);
    assert.equal(reader.response.status, 200);
    assert.equal(reader.response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.match(reader.response.headers.get("cache-control") ?? "", /no-cache/);
    assert.equal(reader.response.headers.get("x-accel-buffering"), "no");
    assert.deepEqual(await reader.frame(), { retry: "2000" });
    assert.equal((await reader.event())?.event, "opened");
    for (const [index, event] of wholeLife.entries()) {
      await world.append(id, event);
      const told = await reader.event();
      assert.equal(told?.version, index + 2);
      assert.equal(told?.terminal, index === wholeLife.length - 1);
    }
    assert.equal(await reader.event(), undefined);
  });

  it("are told of a sequential batch as well", async () => {
    await using world = await startWorld();
    const id = await openOne(world, paths.batch, batch);
    await world.append(id, ...wholeLife);
    const reader = await EventReader.open(`${world.url}${paths.events(id)}`);
    assert.deepEqual(versions(await reader.all()), [1, 2, 3, 4]);
  });

  it("are told from the first to a reader who comes late", async () => {
    await using world = await startWorld();
    const id = await openOne(world);
    await world.append(id, ...wholeLife);
    const told = await (await EventReader.open(`${world.url}${paths.events(id)}`)).all();
    assert.deepEqual(
      told.map(({ event }) => event),
      ["opened", "taken", "waiting", "ended"],
    );
    assert.equal(told.at(-1)?.status, "succeeded");
  });

  it("go on after the last one that the reader got, without a gap or a repetition", async () => {
    await using world = await startWorld();
    const id = await openOne(world);
    const first = await EventReader.open(`${world.url}${paths.events(id)}`);
    await world.append(id, events.taken);
    assert.equal((await first.event())?.version, 1);
    assert.equal((await first.event())?.version, 2);
    first.hangUp();
    await world.append(id, events.waiting);
    const second = await EventReader.open(`${world.url}${paths.events(id)}`, { "last-event-id": "2" });
    assert.equal((await second.event())?.version, 3);
    await world.append(id, events.succeeded);
    assert.deepEqual(versions(await second.all()), [4]);
  });

  it("go on after ?after, and Last-Event-ID counts before it", async () => {
    await using world = await startWorld();
    const id = await openOne(world);
    await world.append(id, ...wholeLife);
    const after = await EventReader.open(`${world.url}${paths.events(id)}?after=1`);
    assert.deepEqual(versions(await after.all()), [2, 3, 4]);
    const both = await EventReader.open(`${world.url}${paths.events(id)}?after=1`, { "last-event-id": "3" });
    assert.deepEqual(versions(await both.all()), [4]);
  });

  it("are 204 for a reader who has seen the end, so that clients stop coming back", async () => {
    await using world = await startWorld();
    const id = await openOne(world, paths.execute, { steps: [ambiguousStep] });
    for (const seen of ["1", "99"]) {
      const answer = await world.rest("GET", `${paths.events(id)}?after=${seen}`);
      assert.equal(answer.status, 204);
      assert.equal(answer.text, "");
    }
  });

  it("go on with what comes next for a reader who claims to have seen more than there is", async () => {
    await using world = await startWorld();
    const id = await openOne(world);
    const reader = await EventReader.open(`${world.url}${paths.events(id)}?after=99`);
    await reader.frame();
    await world.append(id, events.taken);
    assert.equal((await reader.event())?.version, 2);
    reader.hangUp();
  });

  it("are refused as JSON before the stream starts", async () => {
    await using world = await startWorld();
    const id = await openOne(world);
    const refused = async (path: string, headers: Record<string, string>) =>
      (await world.rest("GET", path, { headers })).status;
    assert.equal(await refused(paths.events(unknownId), worker()), 404);
    assert.equal(await refused(paths.events(id), worker("wallet-2")), 404);
    assert.equal(await refused(paths.events(id), {}), 401);
    assert.equal(await refused(`${paths.events(id)}?after=x`, worker()), 400);
    assert.equal(await refused(paths.events(id), { ...worker(), "last-event-id": "x" }), 400);
  });

  it("end when the upstream breaks, and nothing is lost by coming back", async () => {
    await using world = await startWorld({
      transports: ({ evidence }) => ({ evidence: breakingOffAfter(evidence, 2) }),
    });
    const id = await openOne(world);
    await world.append(id, ...wholeLife);
    const first = await (await EventReader.open(`${world.url}${paths.events(id)}`)).all();
    assert.deepEqual(versions(first), [1, 2]);
    await world.logged({ msg: "progress broke off", request_id: id });
    const second = await EventReader.open(`${world.url}${paths.events(id)}`, { "last-event-id": "2" });
    assert.deepEqual(versions(await second.all()), [3, 4]);
  });

  it("are not begun when records cannot be read", async () => {
    await using world = await startWorld({ transports: () => answering(() => new Error("out of order")) });
    assert.equal((await world.rest("GET", paths.events(unknownId))).status, 500);
  });

  it("keep a quiet stream alive", async () => {
    const time = virtualTime(startMs);
    await using world = await startWorld({ time });
    const id = await openOne(world);
    const reader = await EventReader.open(`${world.url}${paths.events(id)}?after=1`);
    await reader.frame();
    for (let beat = 0; beat < 3; beat++) {
      await time.armed(15_000);
      time.advance(15_000);
      assert.deepEqual(await reader.frame(), { comment: "heartbeat" });
    }
    reader.hangUp();
  });

  it("let the upstream go when the reader goes, and when the workflow has ended", async () => {
    let opened = Promise.withResolvers<AbortSignal>();
    await using world = await startWorld({
      transports: ({ evidence }) => ({
        evidence: watched(evidence, (method, signal) => {
          if (method === "WatchProgress" && signal) opened.resolve(signal);
        }),
      }),
    });
    const id = await openOne(world);
    const leaving = await EventReader.open(`${world.url}${paths.events(id)}`);
    const upstream = await opened.promise;
    await leaving.event();
    const released = once(upstream, "abort");
    leaving.hangUp();
    await released;
    await world.logged({
      msg: "request",
      route: "/wallet/v1/workflows/:request_id/events",
      status: 499,
      request_id: id,
    });

    opened = Promise.withResolvers();
    await world.append(id, ...wholeLife);
    await (await EventReader.open(`${world.url}${paths.events(id)}`)).all();
    assert.equal((await opened.promise).aborted, true);
  });

  it("end when the gateway stops", async () => {
    const world = await startWorld();
    const id = await openOne(world);
    const reader = await EventReader.open(`${world.url}${paths.events(id)}`);
    assert.equal((await reader.event())?.version, 1);
    const rest = reader.all();
    await world[Symbol.asyncDispose]();
    assert.deepEqual(await rest, []);
  });
});

describe("a reader of events who takes nothing", () => {
  it("is dropped at the next sign of life, and read for no further", async () => {
    const time = virtualTime(startMs);
    let made = 0;
    const client = new AbortController();
    async function* endless() {
      for (;;) {
        made++;
        yield "x".repeat(1024 * 1024);
      }
    }
    const full = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      response.once("close", () => client.abort());
      void writeEvents(response, endless(), time.timers, client.signal);
      const look = () => (response.writableNeedDrain ? full.resolve() : setImmediate(look));
      look();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.pause();
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await full.promise;
    const madeSoFar = made;
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    const dropped = once(client.signal, "abort");
    await time.armed(15_000);
    time.advance(15_000);
    await dropped;
    assert.ok(made <= madeSoFar + 1, `${made} frames were made for a reader who takes none`);
    socket.destroy();
    server.close();
    await once(server, "close");
  });
});

import assert from "node:assert/strict";
import type { Transport } from "@connectrpc/connect";
import { createLogger, type HostedService, hostService, remoteTransport, type Service } from "@outlayer/kit";
import { type VirtualTime, virtualTime } from "../../../packages/kit/test/support/virtual-time.ts";
import { startTcpProxy, type TcpProxy } from "../../../test/support/tcp-proxy.ts";
import { EventReader } from "./support/event-reader.ts";
import { recordOf } from "./support/rest.ts";
import { paths, transfer, worker } from "./support/samples.ts";
import { events, startWorld, type World } from "./support/world.ts";

const bind = { host: "127.0.0.1", port: 0 };

/** A gateway that reaches its upstreams over HTTP/2, each through a line that can be cut. */
async function startRemote(time?: VirtualTime) {
  const hosted: HostedService[] = [];
  const lines: TcpProxy[] = [];
  const host = async ({ routes, start, stop }: Service): Promise<Transport> => {
    const guards = { logger: createLogger("upstream", "silent"), serviceToken: undefined };
    const one = await hostService({ routes, start, stop }, { grpcBind: bind, httpBind: bind }, guards);
    const line = await startTcpProxy(one.listeners.grpcUrl);
    hosted.unshift(one);
    lines.push(line);
    return remoteTransport(line.url, { from: "gateway", to: "planner", serviceToken: undefined });
  };
  const world = await startWorld(time === undefined ? { host } : { host, time });
  let cut = false;
  const cutLines = async () => {
    if (!cut) await Promise.all(lines.map((line) => line.cut()));
    cut = true;
  };
  return {
    world,
    cutLines,
    async [Symbol.asyncDispose]() {
      await world.gateway.stop();
      await cutLines();
      for (const one of hosted) await one.stop();
      await world[Symbol.asyncDispose]();
    },
  };
}

const open = async (world: World) => recordOf(await world.rest("POST", paths.execute, { body: transfer })).request_id;

describe("a gateway whose upstreams are elsewhere", () => {
  it("executes, waits and streams as in one process", async () => {
    await using remote = await startRemote();
    const { world } = remote;
    const opened = world.opened();
    const posted = world.rest("POST", paths.execute, {
      body: transfer,
      headers: { ...worker(), prefer: "wait=60" },
    });
    const id = await opened;
    const reader = await EventReader.open(`${world.url}${paths.events(id)}`);
    await world.append(id, events.taken, events.waiting, events.succeeded);
    assert.equal((await posted).status, 200);
    assert.deepEqual(
      (await reader.all()).map(({ version }) => version),
      [1, 2, 3, 4],
    );
    assert.equal((await world.rest("GET", paths.workflow(id))).status, 200);
  });

  it("answers those who wait when the line is cut: with the record where it has one, else 503", async () => {
    const time = virtualTime(Date.UTC(2026, 3, 24, 19));
    await using remote = await startRemote(time);
    const { world } = remote;
    const id = await open(world);
    const reader = await EventReader.open(`${world.url}${paths.events(id)}`);
    assert.equal((await reader.event())?.version, 1);
    const headers = { ...worker(), prefer: "wait=60" };
    const posted = world.rest("POST", paths.execute, { body: transfer, headers });
    await time.armed(60_000);
    const read = world.rest("GET", `${paths.workflow(id)}?wait=25`);
    await time.armed(25_000);
    await remote.cutLines();
    assert.equal((await posted).status, 202);
    assert.equal((await read).status, 503);
    assert.deepEqual(await reader.all(), []);
    assert.equal((await world.rest("GET", paths.workflow(id))).status, 503);
    assert.equal((await world.rest("POST", paths.plan, { body: transfer })).status, 503);
  });
});

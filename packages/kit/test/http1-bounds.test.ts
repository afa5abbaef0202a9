import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { http1Server, portLimits, systemPorts, urlOf } from "@outlayer/kit";
import { askWhileSending } from "./support/sending-client.ts";
import { virtualTime } from "./support/virtual-time.ts";

type Limits = Parameters<typeof http1Server>[3];

const get = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

describe("a listener of HTTP/1.1", () => {
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  const serve = async (listener: RequestListener, limits: Partial<Limits> = {}, timers = systemPorts().timers) => {
    const http = http1Server(listener, timers, undefined, { ...portLimits, ...limits });
    http.server.listen(0, "127.0.0.1");
    await once(http.server, "listening");
    undo.push(async () => {
      const closed = once(http.server, "close");
      http.server.close();
      http.server.closeAllConnections();
      await closed;
    });
    const url = urlOf(http.server);
    const opened = async (allowHalfOpen = false): Promise<Socket> => {
      const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen });
      socket.on("error", () => {});
      undo.push(() => socket.destroy());
      await once(socket, "connect");
      return socket;
    };
    return { ...http, url, opened };
  };
  const ok: RequestListener = (_request, response) => void response.end("ok");
  /** What comes until the answer is whole: all of them end with "ok" here. */
  const answerOn = async (socket: Socket): Promise<string> => {
    socket.write(get);
    let answer = "";
    while (!answer.endsWith("ok")) answer += (await once(socket, "data"))[0];
    return answer;
  };

  it("has the connection that is idle longest make room, and one that was never used before others", async () => {
    const { opened } = await serve(ok, { connections: 3 });
    const used = await opened();
    await answerOn(used);
    const [first, second] = [await opened(), await opened()];
    const closed = once(first.resume(), "close");
    const third = await opened();
    await closed;
    await answerOn(third);
    await answerOn(second);
    assert.match(await answerOn(used), / 200 /);
  });

  it("refuses a connection while all others are being answered, breaks none of those, and takes others afterwards", async () => {
    const held: (() => void)[] = [];
    const two = Promise.withResolvers<void>();
    const { opened } = await serve(
      (_request, response) => {
        held.push(() => response.end("ok"));
        if (held.length === 2) two.resolve();
      },
      { connections: 2 },
    );
    const busy = [await opened(), await opened()];
    const answers = busy.map(answerOn);
    await two.promise;
    const refused = await opened();
    refused.write(get);
    assert.match(await text(refused), /^HTTP\/1\.1 503 [^\r]*\r\nretry-after: 1\r\n/);
    assert.equal(held.length, 2);
    for (const answer of held) answer();
    for (const answer of await Promise.all(answers)) assert.match(answer, / 200 /);
    const later = await opened();
    const answered = answerOn(later);
    while (held.length < 3) await new Promise(setImmediate);
    held[2]?.();
    assert.match(await answered, / 200 /);
  });

  it("closes without a word what comes while as many as it tells so are being refused", async () => {
    const held = Promise.withResolvers<void>();
    const one = Promise.withResolvers<void>();
    const { opened } = await serve(
      (_request, response) => {
        one.resolve();
        held.promise.then(() => response.end("ok"));
      },
      { connections: 1, turnedAway: 1 },
    );
    const answer = answerOn(await opened());
    await one.promise;
    // It keeps its own side open, and so waits out the time for reading.
    const told = await opened(true);
    assert.match(await text(told), / 503 /);
    assert.equal(await text(await opened()), "");
    held.resolve();
    assert.match(await answer, / 200 /);
    told.destroy();
  });

  it("closes a connection after its last request, and takes none of what is sent behind that", async () => {
    let handled = 0;
    const count: RequestListener = (request, response) => {
      handled += 1;
      ok(request, response);
    };
    const { opened } = await serve(count, { requests: 3 });
    const socket = await opened();
    socket.write(get.repeat(5));
    const all = await text(socket);
    assert.equal(all.match(/HTTP\/1\.1 200 /g)?.length, 3);
    assert.equal(all.match(/connection: close/gi)?.length, 1);
    assert.equal(handled, 3);
  });

  it("closes an old connection after its next request", async () => {
    const hand = virtualTime();
    const { opened } = await serve(ok, {}, hand.timers);
    const socket = await opened();
    assert.doesNotMatch(await answerOn(socket), /connection: close/i);
    assert.ok(hand.waiting.includes(portLimits.ageMs));
    hand.fire();
    socket.write(get);
    assert.match(await text(socket), /connection: close/i);
  });

  it("answers 408 to headers and to bodies that do not arrive, and closes", async () => {
    const reading: RequestListener = (request) => void request.resume();
    const { opened } = await serve(reading, { headersMs: 100, requestMs: 200, checkMs: 20 });
    for (const part of ["", "GET / HTTP/1.1\r\nhost:", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n12"]) {
      const socket = await opened();
      socket.write(part);
      assert.match(await text(socket), /^HTTP\/1\.1 408 /, part);
    }
  });

  it("closes a connection that is idle, and one whose client takes nothing, and none that waits for its answer", async () => {
    const slow = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<boolean>();
    const { opened } = await serve(
      (request, response) => {
        if (request.url === "/slow") void slow.promise.then(() => response.end("ok"));
        else if (request.url === "/long") {
          response.once("close", () => finished.resolve(response.writableFinished));
          response.end(Buffer.alloc(64 * 1024 * 1024));
        } else response.end("ok");
      },
      { quietMs: 200, keepAliveMs: 50 },
    );
    const waiting = await opened();
    waiting.write(get.replace("/", "/slow"));
    const idle = await opened();
    await answerOn(idle);
    await once(idle, "close");
    const deaf = await opened();
    deaf.pause().write(get.replace("/", "/long"));
    assert.equal(await finished.promise, false);
    assert.equal(waiting.closed, false);
    slow.resolve();
    assert.match(String((await once(waiting, "data"))[0]), / 200 /);
  });

  it("answers what is no HTTP after what was asked before it, and not in its place", async () => {
    const begun = Promise.withResolvers<() => void>();
    const { opened } = await serve((_request, response) => begun.resolve(() => response.end("ok")));
    const socket = await opened();
    socket.write(`${get}garbage\r\n\r\n`);
    const answer = await begun.promise;
    answer();
    const statuses = [...(await text(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    assert.deepEqual(statuses, ["200", "400"]);
  });

  it("has an answer before the body reach its client, and reads no more than so much of the rest", async () => {
    const { url } = await serve((_request, response) => void response.writeHead(401).end("who?"));
    for (const way of [{}, { chunked: true }, { headers: { expect: "100-continue" } }, { next: get }]) {
      const all = Array.from({ length: 20 }, () =>
        askWhileSending(url, { path: "/", bytes: 64 * 1024 * 1024, ...way }),
      );
      for (const raw of await Promise.all(all)) assert.match(raw, /^HTTP\/1\.1 401 [\s\S]*who\?/);
    }
  });
});

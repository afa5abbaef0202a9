import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { BoundedLines, createLogger, Readiness, serveRpc, systemPorts } from "@outlayer/kit";
import { getGateFacts, oneMethod } from "./support/broadcaster-stub.ts";
import { askHttp1, askHttp2 } from "./support/raw-request.ts";

const minute = 60_000;

/** A clock that goes only when told to. */
function handClock() {
  let nowMs = 1_000_000;
  return { now: () => nowMs, set: (ms: number) => (nowMs = ms), advance: (ms: number) => (nowMs += ms) };
}

describe("lines that anybody can cause", () => {
  const write = (lines: BoundedLines, kind: string, times = 1) => {
    const written: (number | undefined)[] = [];
    for (let i = 0; i < times; i++) lines.write(kind, ({ left_out }) => void written.push(left_out));
    return written;
  };

  it("cannot be more than ten of a kind at once, and the next one says how many were left out", () => {
    const clock = handClock();
    const lines = new BoundedLines(clock);
    assert.deepEqual(write(lines, "a", 10_000), Array(10).fill(undefined));
    clock.advance(6_000);
    assert.deepEqual(write(lines, "a", 5), [9_990]);
    clock.advance(6_000);
    assert.deepEqual(write(lines, "a", 5), [4]);
  });

  it("cannot be more than twenty in any minute, and ten in each after that, however long they come", () => {
    const clock = handClock();
    const lines = new BoundedLines(clock);
    const minuteOf = () => {
      let written = 0;
      for (let ms = 0; ms < minute; ms += 10) {
        written += write(lines, "a").length;
        clock.advance(10);
      }
      return written;
    };
    const perMinute = Array.from({ length: 5 }, minuteOf);
    assert.deepEqual(perMinute, [19, 10, 10, 10, 10]);
  });

  it("of one kind leave out none of another", () => {
    const lines = new BoundedLines(handClock());
    write(lines, "a", 10_000);
    assert.deepEqual(write(lines, "b"), [undefined]);
  });

  it("that are few are all there", () => {
    const clock = handClock();
    const lines = new BoundedLines(clock);
    for (let i = 0; i < 100; i++) {
      assert.deepEqual(write(lines, "a"), [undefined]);
      clock.advance(6_000);
    }
  });

  it("do not stop for good when the clock is set back", () => {
    const clock = handClock();
    const lines = new BoundedLines(clock);
    write(lines, "a", 11);
    clock.set(1_000);
    assert.deepEqual(write(lines, "a"), []);
    clock.advance(6_000);
    assert.deepEqual(write(lines, "a"), [2]);
  });
});

describe("strangers at a service's ports", () => {
  it("cannot fill its log, and hide nobody else in it", async () => {
    const clock = handClock();
    const lines: { readonly [field: string]: unknown }[] = [];
    const logger = createLogger("broadcaster", "info", { write: (line) => void lines.push(JSON.parse(line)) });
    const readiness = new Readiness();
    readiness.start();
    const bind = { host: "127.0.0.1", port: 0 };
    const guards = { logger, serviceToken: "token" };
    const ports = { ...systemPorts(), clock };
    const { routes } = oneMethod(() => ({}));
    const listeners = await serveRpc(routes, guards, { grpc: bind, http: bind }, readiness, ports);
    const path = `/${getGateFacts}`;
    const refused = async (headers: Readonly<Record<string, string>>) => {
      const { grpcStatus } = await askHttp2(listeners.grpcUrl, { path, headers });
      assert.equal(grpcStatus, String(Code.PermissionDenied));
    };
    try {
      for (let i = 0; i < 150; i++) {
        // With another method, name and token each time: none of it is the kind of a line.
        await refused({ "x-service-name": "planner", "x-service-token": `guess ${i}` });
        const other = {
          path: `/outlayer.broadcaster.v1.BroadcasterService/${i % 2 === 0 ? "Preflight" : "GetGateFacts"}`,
        };
        assert.equal((await askHttp1(listeners.httpUrl, other)).status, 403);
      }
      assert.equal(lines.length, 10);
      // A service that is configured to call what it may not.
      await refused({ "x-service-name": "gateway", "x-service-token": "token" });
      assert.deepEqual([lines.length, lines.at(-1)?.caller, lines.at(-1)?.left_out], [11, "gateway", undefined]);
      clock.advance(6_000);
      await refused({});
      const { level, msg, caller, left_out } = lines.at(-1) ?? {};
      assert.equal(lines.length, 12);
      assert.deepEqual([level, msg, caller, left_out], ["warn", "caller is not allowed", "nobody we know", 290]);
    } finally {
      await listeners.close();
    }
  }).timeout(30_000);
});

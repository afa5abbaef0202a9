import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, createClient, createRouterTransport, type HandlerContext } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@outlayer/contracts/grpc/health/v1/health";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { createLogger, Readiness, remoteTransport, systemPorts } from "@outlayer/kit";
import { Peer } from "../src/rpc/peer.ts";
import { virtualTime } from "./support/virtual-time.ts";

const requestId = "018f0000-0000-7000-8000-000000000000";
const failure = (call: Promise<unknown>) => call.then(() => assert.fail("the call succeeded"), ConnectError.from);
const logger = createLogger("gateway", "silent");

/** Evidence, which says that it is there, and of whose calls each does what a test says; on time that goes when told to. */
function evidencePeer({ required }: { readonly required?: true } = {}) {
  const time = virtualTime(0);
  let checks = 0;
  const arrived: (() => void)[] = [];
  let answer = (_context: HandlerContext): Promise<object> => new Promise(() => {});
  const take = (_request: object, context: HandlerContext) => {
    arrived.shift()?.();
    return answer(context);
  };
  const transport = createRouterTransport((router) => {
    router.service(LogService, { readEvents: take });
    router.service(RecordService, { getRecord: take });
    router.service(Health, {
      check() {
        checks += 1;
        return { status: Status.SERVING };
      },
    });
  });
  const ports = { ...time, random: systemPorts().random };
  const peer = new Peer("evidence", transport, { required, ports, logger });
  const readiness = new Readiness();
  readiness.watch(() => [peer.dependency]);
  readiness.start();
  const log = createClient(LogService, peer.transport);
  const records = createClient(RecordService, peer.transport);
  return {
    peer,
    readiness,
    time,
    log,
    records,
    makeIt: (what: typeof answer) => {
      answer = what;
    },
    /** Resolves once a call is there, which is left to itself. */
    async begun(call: () => Promise<unknown>): Promise<void> {
      await new Promise<void>((resolve) => {
        arrived.push(resolve);
        call().catch(() => {});
      });
    },
    /** Resolves once it was asked again whether it is there, and that was heard. */
    async askedAgain(): Promise<void> {
      const before = checks;
      while (checks === before) {
        time.advance(100);
        await new Promise(setImmediate);
      }
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    },
  };
}

describe("a peer", () => {
  it("that says it is there and answers no call makes a process unready that can do nothing without it, until it answers one", async () => {
    const { peer, readiness, time, log, begun, makeIt, askedAgain } = evidencePeer({ required: true });
    peer.start();
    await askedAgain();
    assert.equal(readiness.ready, true);
    await begun(() => log.readEvents({ requestId }));
    time.advance(4_000);
    assert.equal(peer.dependency.state, "slow");
    await askedAgain();
    assert.equal(readiness.ready, true);
    await begun(() => log.readEvents({ requestId }));
    time.advance(4_000);
    assert.deepEqual(readiness.reasons, ["evidence is away"]);
    await askedAgain();
    await askedAgain();
    assert.equal(readiness.ready, false);
    makeIt(async () => ({}));
    await log.readEvents({ requestId });
    assert.equal(readiness.ready, true);
    await peer.stop();
  });

  it("is not slow as long as it may hold a call that asks it to wait", async () => {
    const { peer, time, records, begun, askedAgain } = evidencePeer({ required: true });
    peer.start();
    await askedAgain();
    await begun(() => records.getRecord({ requestId, waitMs: 25_000 }));
    time.advance(28_999);
    assert.equal(peer.dependency.state, "ok");
    time.advance(1);
    assert.equal(peer.dependency.state, "slow");
    await peer.stop();
  });

  it("is judged by nothing but the ends of calls where a process can do without it", async () => {
    const { peer, time, log, begun, askedAgain } = evidencePeer();
    peer.start();
    await askedAgain();
    await begun(() => log.readEvents({ requestId }));
    time.advance(60_000);
    assert.equal(peer.dependency.state, "ok");
    await peer.stop();
  });

  it("is there when it says itself that it cannot do what it is asked, and when its caller gave up", async () => {
    const { readiness, log, makeIt } = evidencePeer({ required: true });
    makeIt(async () => {
      throw new ConnectError("the database gave no answer", Code.Unavailable);
    });
    assert.equal((await failure(log.readEvents({ requestId }))).code, Code.Unavailable);
    assert.equal(readiness.ready, true);
    makeIt(() => new Promise(() => {}));
    const gaveUp = new AbortController();
    const given = failure(log.readEvents({ requestId }, { signal: gaveUp.signal }));
    gaveUp.abort();
    await given;
    assert.equal(readiness.ready, true);
  });

  it("that refuses every call on every connection and answers pings is away, until it takes one", async () => {
    let takes = false;
    const sessions = new Set<ServerHttp2Session>();
    const server = createServer();
    server.on("session", (session) => sessions.add(session));
    server.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      if (!takes && !headers[":path"]?.startsWith("/grpc.health."))
        return stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      stream.respond({ ":status": 200, "content-type": "application/proto" });
      stream.end();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const caller = { from: undefined, to: "evidence", serviceToken: undefined } as const;
    const time = virtualTime(0);
    const ports = { ...time, random: systemPorts().random };
    const peer = new Peer("evidence", remoteTransport(`http://127.0.0.1:${port}`, caller), {
      required: true,
      ports,
      logger,
    });
    const isOk = async () => {
      while (peer.dependency.state !== "ok") {
        time.advance(500);
        await new Promise(setImmediate);
      }
    };
    try {
      peer.start();
      await isOk();
      const log = createClient(LogService, peer.transport);
      await failure(log.appendEvent({ requestId }));
      await isOk();
      time.advance(3_000);
      await failure(log.appendEvent({ requestId }));
      assert.deepEqual(peer.dependency, { name: "evidence", state: "away", required: true });
      takes = true;
      await log.appendEvent({ requestId });
      assert.equal(peer.dependency.state, "ok");
    } finally {
      await peer.stop();
      for (const session of sessions) session.destroy();
      server.close();
    }
  });
});

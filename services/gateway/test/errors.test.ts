import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { remoteTransport } from "@outlayer/kit";
import { refusalOfConnection } from "../src/http/client-error.ts";
import { parseRaw, sendRaw } from "./support/raw-http.ts";
import { assertProblem } from "./support/rest.ts";
import { internalToken, paths, transfer, unknownId, worker } from "./support/samples.ts";
import { answering } from "./support/upstreams.ts";
import { startWorld, type World } from "./support/world.ts";

describe("paths and methods", () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  it("are 404 where there is nothing", async () => {
    const nothing = [
      "/",
      "/wallet/v1",
      "/wallet/v2/workflows/plan",
      `${paths.plan}/`,
      "/wallet/v1/workflows/",
      "/docs/x",
    ];
    for (const path of nothing) assert.equal((await world.rest("GET", path)).status, 404);
    assert.equal((await world.rest("POST", "/wallet/v1/call", { body: {} })).status, 404);
  });

  it("are 405 with Allow for another method, known to us or not", async () => {
    const cases = [
      ["GET", paths.plan, "POST"],
      ["DELETE", paths.execute, "POST"],
      ["PUT", paths.batch, "POST"],
      ["POST", paths.workflow(unknownId), "GET, HEAD, DELETE"],
      ["PATCH", paths.batchRecord(unknownId), "GET, HEAD"],
      ["HEAD", paths.events(unknownId), "GET"],
      ["OPTIONS", paths.execute, "POST"],
      ["PROPFIND", "/docs", "GET, HEAD"],
      ["POST", "/openapi.json", "GET, HEAD"],
      ["PURGE", "/readyz", "GET, HEAD"],
    ] as const;
    for (const [method, path, allow] of cases) {
      const answer = await world.rest(method, path, { headers: {} });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.headers.get("allow"), allow);
    }
  });

  it("answers HEAD like GET, without the body", async () => {
    for (const path of ["/docs", "/openapi.json", "/livez"]) {
      const answer = await world.rest("HEAD", path);
      assert.equal(answer.status, 200);
      assert.equal(answer.text, "");
    }
    assert.equal((await world.rest("HEAD", paths.workflow(unknownId))).status, 404);
  });

  it("are 404 for ids that no record can have", async () => {
    const odd = [
      "1",
      "null",

      "%2e%2e%2f",
      "a%2Fb",
      "*",
      "%3E",
      "%00",
      "%F0%9F%9A%80",
      "x".repeat(8000),
      `${unknownId}%20`,
      unknownId.toUpperCase(),
    ];
    for (const id of odd) {
      const workflow = await world.rest("GET", paths.workflow(id));
      assert.equal(workflow.status, 404, id);
      assert.equal(workflow.json.message, `workflow request ${decodeURIComponent(id)} was not found`);
      assert.equal((await world.rest("GET", paths.events(id))).status, 404);
      const batch = await world.rest("GET", paths.batchRecord(id));
      assert.equal(batch.json.message, `sequential batch request ${decodeURIComponent(id)} was not found`);
    }
  });

  it("are 400 when they are not validly encoded", async () => {
    for (const path of ["/wallet/v1/workflows/%zz", "/wallet/v1/workflows/%e0%a4%a", "/%"]) {
      assert.equal((await world.rest("GET", path)).status, 400);
    }
  });

  it("name the path that was asked, and never its query", async () => {
    const answer = await world.rest("GET", `${paths.workflow(unknownId)}?wait=99&secret=hunter2`);
    assert.equal(answer.status, 400);
    assert.equal(answer.json.message, "wait must be an integer from 0 to 25");
    assert.equal(answer.text.includes("hunter2"), false);
  });
});

describe("what upstreams answer", () => {
  const table: readonly [code: Code, status: number, message: RegExp][] = [
    [Code.InvalidArgument, 400, /^said by the upstream$/],
    [Code.Unauthenticated, 401, /^said by the upstream$/],
    [Code.AlreadyExists, 409, /^said by the upstream$/],
    [Code.ResourceExhausted, 413, /^said by the upstream$/],
    [Code.Unavailable, 503, /^said by the upstream$/],
    [Code.DeadlineExceeded, 503, /^said by the upstream$/],
    [Code.Internal, 500, /^internal error$/],
    [Code.Unknown, 500, /^internal error$/],
    [Code.PermissionDenied, 500, /^internal error$/],
    [Code.FailedPrecondition, 500, /^internal error$/],
    [Code.Aborted, 500, /^internal error$/],
    [Code.Unimplemented, 500, /^internal error$/],
    [Code.OutOfRange, 500, /^internal error$/],
    [Code.DataLoss, 500, /^internal error$/],
  ];
  for (const [code, status, message] of table) {
    it(`${Code[code]} is ${status}`, async () => {
      await using world = await startWorld({
        transports: () => answering(() => new ConnectError("said by the upstream", code)),
      });
      for (const path of [paths.plan, paths.execute, paths.batch]) {
        const answer = await world.rest("POST", path, { body: transfer });
        assert.equal(answer.status, status);
        assert.match(String(answer.json.message), message);
      }
      for (const path of [paths.workflow(unknownId), paths.events(unknownId)]) {
        const answer = await world.rest("GET", path);
        assert.equal(answer.status, status);
        assert.match(String(answer.json.message), message);
      }
      if (status === 500)
        await world.logged({ level: "error", msg: "request failed", route: "/wallet/v1/workflows/plan" });
    });
  }

  it("NotFound is 404 in our words", async () => {
    await using world = await startWorld({
      transports: () => answering(() => new ConnectError("some text", Code.NotFound)),
    });
    const answer = await world.rest("GET", paths.workflow(unknownId));
    assert.equal(answer.status, 404);
    assert.equal(answer.json.message, `workflow request ${unknownId} was not found`);
  });

  it("names the request where an error is about one", async () => {
    const detail = { desc: ErrorInfoSchema, value: { metadata: { request_id: unknownId } } };
    await using world = await startWorld({
      transports: () => answering(() => new ConnectError("taken", Code.AlreadyExists, undefined, [detail])),
    });
    const answer = await world.rest("POST", paths.execute, { body: transfer });
    assert.equal(answer.json.request_id, unknownId);
    await world.logged({ msg: "request", status: 409, request_id: unknownId });
  });

  it("that are not there are 503, name no host, and say what may have happened", async () => {
    // Nothing listens on port 1 of loopback.
    const nowhere = remoteTransport("http://127.0.0.1:1", { from: "gateway", to: "planner", serviceToken: undefined });
    await using world = await startWorld({ transports: () => ({ planner: nowhere, evidence: nowhere }) });
    assert.equal((await world.rest("POST", paths.plan, { body: transfer })).status, 503);
    assert.equal((await world.rest("GET", paths.workflow(unknownId))).status, 503);
    assert.equal((await world.rest("GET", paths.events(unknownId))).status, 503);
    for (const path of [paths.execute, paths.batch]) {
      const answer = await world.rest("POST", path, { body: transfer });
      assert.equal(answer.status, 503);
      assert.match(String(answer.json.message), /may have been recorded.*same idempotency key/);
    }
  });

  it("without a record or a plan are our fault", async () => {
    const empty = createRouterTransport((router) => {
      router.service(PlannerService, {
        plan: () => ({}),
        executeWorkflow: () => ({}),
        executeSequentialBatch: () => ({}),
      });
    });
    await using world = await startWorld({ transports: () => ({ planner: empty }) });
    for (const path of [paths.plan, paths.execute, paths.batch]) {
      assert.equal((await world.rest("POST", path, { body: transfer })).status, 500);
    }
  });
});

describe("what is no request", () => {
  const cases: readonly [what: string, bytes: string, status: number][] = [
    ["garbage", "\x16\x03\x01 hello\r\n\r\n", 400],
    ["headers over 16 KiB", `GET /livez HTTP/1.1\r\nhost: localhost\r\nx-long: ${"a".repeat(17_000)}\r\n\r\n`, 431],
    ["a path over 16 KiB", `GET /${"a".repeat(17_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 431],
    ["two lengths", "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      400,
    ],
  ];
  for (const [what, bytes, status] of cases) {
    it(`is ${status} in the shape of every error for ${what}`, async () => {
      await using world = await startWorld();
      const answer = await sendRaw(world.url, bytes);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("connection"), "close");
      assertProblem({ ...answer, text: answer.body, json: JSON.parse(answer.body) }, "");
    });
  }

  it("is 408 for what does not arrive in time", async () => {
    const slow = Object.assign(new Error("slow"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
    const logged: unknown[] = [];
    const answer = parseRaw(refusalOfConnection(slow, { refused: (...line) => void logged.push(line) }));
    assert.deepEqual(logged, [[408, "ERR_HTTP_REQUEST_TIMEOUT"]]);
    assert.equal(answer.status, 408);
    assertProblem({ ...answer, text: answer.body, json: JSON.parse(answer.body) }, "");
  });

  it("does not disturb the gateway when a client hangs up in the middle of a body", async () => {
    await using world = await startWorld();
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const headers = { host: "localhost", expect: "100-continue", "content-length": "1000", ...worker() };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`POST ${paths.execute} HTTP/1.1\r\n${lines.join("")}\r\n`);
    // The gateway has seen the request once it asks for the body.
    await once(socket, "data");
    socket.write('{"steps"');
    socket.resetAndDestroy();
    await world.logged({ msg: "request", status: 499 });
    assert.equal(
      world.lines.some(({ level }) => level === "error"),
      false,
    );
    assert.equal(JSON.stringify(world.lines).includes(internalToken), false);
    assert.equal((await world.rest("GET", "/livez")).status, 200);
  });
});

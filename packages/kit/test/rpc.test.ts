import assert from "node:assert/strict";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@outlayer/contracts/google/rpc/error_details";
import { BroadcasterService, type GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import {
  type Callers,
  createLogger,
  inMemoryTransport,
  invalid,
  notFound,
  Readiness,
  Refusal,
  type RpcRoutes,
  remoteTransport,
  retryAfterSecs,
  type ServiceName,
  serveRpc,
  unavailable,
} from "@outlayer/kit";

const method = "outlayer.broadcaster.v1.BroadcasterService/GetGateFacts";

function service(
  getGateFacts: (request: GetGateFactsRequest) => object,
  callers: Callers = { [method]: ["planner"] },
): RpcRoutes {
  return {
    name: "test",
    services: [BroadcasterService],
    callers,
    register: (router) => void router.service(BroadcasterService, { getGateFacts }),
  };
}

function ask(
  routes: RpcRoutes,
  logs: string[] = [],
  from: ServiceName | "nobody" = "planner",
  headers: { readonly [name: string]: string } = {},
) {
  const logger = createLogger("test", "trace", { write: (line) => void logs.push(line) });
  const guards = { logger, serviceToken: undefined };
  const transport = inMemoryTransport(routes, guards, from === "nobody" ? undefined : from);
  return createClient(BroadcasterService, transport).getGateFacts({ gateId: "gate.near" }, { headers });
}

const asPlanner: Interceptor = (next) => (request) => {
  request.header.set("x-service-name", "planner");
  return next(request);
};

const failure = (call: Promise<unknown>) => call.then(() => assert.fail("the call succeeded"), ConnectError.from);

/** The google.rpc details that an error carries, as far as there are any. */
function detailsOf(error: ConnectError): object {
  const [info] = error.findDetails(ErrorInfoSchema);
  const [bad] = error.findDetails(BadRequestSchema);
  const [request] = error.findDetails(RequestInfoSchema);
  const [retry] = error.findDetails(RetryInfoSchema);
  return {
    ...(info && { info: [info.reason, info.domain, { ...info.metadata }] }),
    ...(bad && {
      violations: bad.fieldViolations.map(({ field, reason, description }) => [field, reason, description]),
    }),
    ...(request && { requestId: request.requestId }),
    ...(retry && { retryAfterSecs: Number(retry.retryDelay?.seconds) }),
  };
}

describe("what a caller sees of an error", () => {
  it("that the body is too long where the headers say so, before the method is called, in one process too", async () => {
    const routes = service(() => assert.fail("it was called"));
    const error = await failure(ask(routes, [], "planner", { "content-length": "999999999999" }));
    assert.equal(error.code, Code.ResourceExhausted);
    assert.match(error.rawMessage, /^the body must be at most \d+ bytes$/);
  });

  it("a refusal as it was meant, with its details", async () => {
    const routes = service(() => {
      throw new Refusal(Code.FailedPrecondition, "not like this", { reason: "WHY", metadata: { a: "b" } });
    });
    const error = await failure(ask(routes));
    assert.deepEqual([error.code, error.rawMessage], [Code.FailedPrecondition, "not like this"]);
    assert.deepEqual(detailsOf(error), { info: ["WHY", "outlayer.broadcaster.v1", { a: "b" }] });
  });

  it("the place of what is wrong, the record that it is about, and when to come back", async () => {
    const rows: readonly [Refusal, Record<string, unknown>][] = [
      [notFound("no"), { info: ["NOT_FOUND", "outlayer.broadcaster.v1", {}] }],
      [
        invalid("steps[0].amount is required", { field: "steps[0].amount" }),
        {
          info: ["INVALID_ARGUMENT", "outlayer.broadcaster.v1", {}],
          violations: [["steps[0].amount", "INVALID_ARGUMENT", "steps[0].amount is required"]],
        },
      ],
      [
        unavailable("later", { reason: "AWAY", requestId: "r-1" }),
        { info: ["AWAY", "outlayer.broadcaster.v1", { request_id: "r-1" }], requestId: "r-1", retryAfterSecs },
      ],
    ];
    for (const [refusal, expected] of rows) {
      const routes = service(() => {
        throw refusal;
      });
      assert.deepEqual(detailsOf(await failure(ask(routes))), expected);
    }
  });

  it("the same in this process and over each port", async () => {
    const routes = service(() => {
      throw unavailable("later", { reason: "AWAY", field: "gate_id", requestId: "r-1" });
    });
    const guards = { logger: createLogger("test", "silent"), serviceToken: undefined };
    const free = { host: "127.0.0.1", port: 0 };
    const readiness = new Readiness();
    readiness.start();
    const listeners = await serveRpc(routes, guards, { grpc: free, http: free }, readiness);
    try {
      const interceptors = [asPlanner];
      const transports = [
        inMemoryTransport(routes, guards, "planner"),
        remoteTransport(listeners.grpcUrl, { from: "planner", to: "broadcaster", serviceToken: undefined }),
        createGrpcTransport({ baseUrl: listeners.grpcUrl, interceptors }),
        createGrpcWebTransport({ baseUrl: listeners.httpUrl, httpVersion: "1.1", interceptors }),
      ];
      const seen = await Promise.all(
        transports.map(async (transport) => {
          const client = createClient(BroadcasterService, transport);
          const error = await failure(client.getGateFacts({ gateId: "gate.near" }));
          return [error.code, error.rawMessage, detailsOf(error)];
        }),
      );
      for (const one of seen) assert.deepEqual(one, seen[0]);
    } finally {
      await listeners.close();
    }
  });

  it("nothing of anything else, not even of an upstream's error; the log has its cause", async () => {
    for (const thrown of [new Error("password is hunter2"), new ConnectError("upstream says", Code.NotFound)]) {
      const logs: string[] = [];
      const routes = service(() => {
        throw thrown;
      });
      const error = await failure(ask(routes, logs));
      assert.deepEqual([error.code, error.rawMessage], [Code.Internal, "internal error"]);
      assert.deepEqual(detailsOf(error), { info: ["INTERNAL", "outlayer.broadcaster.v1", {}] });
      assert.ok(logs.some((line) => line.includes("handler failed") && line.includes("GetGateFacts")));
    }
  });

  it("a refusal without the cause that is behind it; the log has that", async () => {
    const logs: string[] = [];
    const routes = service(() => {
      const refusal = new Refusal(Code.Unavailable, "not now");
      refusal.cause = new Error("ECONNREFUSED");
      throw refusal;
    });
    const error = await failure(ask(routes, logs));
    assert.deepEqual([error.code, error.rawMessage], [Code.Unavailable, "not now"]);
    assert.ok(logs.some((line) => line.includes("ECONNREFUSED") && line.includes("GetGateFacts")));
  });

  it("a request that breaks its contract's rules, before the handler sees it", async () => {
    let handled = false;
    const routes = service(() => {
      handled = true;
      return {};
    });
    const logger = createLogger("test", "silent");
    const transport = inMemoryTransport(routes, { logger, serviceToken: undefined }, "planner");
    const error = await failure(createClient(BroadcasterService, transport).getGateFacts({ gateId: "" }));
    assert.equal(error.code, Code.InvalidArgument);
    assert.match(error.rawMessage, /gate_id/);
    assert.deepEqual(detailsOf(error), {
      info: ["INVALID_ARGUMENT", "outlayer.broadcaster.v1", {}],
      violations: [["gate_id", "INVALID_ARGUMENT", error.rawMessage]],
    });
    assert.equal(handled, false);
  });

  it("that accepts somebody else, or nobody, with a log line that names both", async () => {
    const cases: readonly [Callers, ServiceName | "nobody"][] = [
      [{ [method]: ["planner"] }, "nobody"],
      [{ [method]: ["planner"] }, "gateway"],
      [{ [method]: [] }, "planner"],
      [{}, "planner"],
    ];
    for (const [callers, from] of cases) {
      const logs: string[] = [];
      const error = await failure(
        ask(
          service(() => ({}), callers),
          logs,
          from,
        ),
      );
      assert.equal(error.code, Code.PermissionDenied);
      const lines = logs.map((line) => JSON.parse(line)).filter(({ level }) => level === "warn");
      assert.deepEqual(
        lines.map(({ method, caller }) => [method, caller]),
        [[method, from === "nobody" ? "nobody we know" : from]],
      );
    }
    const callers = { [method]: ["gateway", "planner"] } as const;
    await ask(
      service(() => ({}), callers),
      [],
      "planner",
    );
  });
});

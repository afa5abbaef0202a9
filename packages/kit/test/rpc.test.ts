import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { BroadcasterService, type GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import {
  type Callers,
  createLogger,
  inMemoryTransport,
  Refusal,
  type RpcRoutes,
  type ServiceName,
} from "@outlayer/kit";

const method = "outlayer.broadcaster.v1.BroadcasterService/GetGateFacts";

function service(
  getGateFacts: (request: GetGateFactsRequest) => object,
  callers: Callers = { [method]: "wallets" },
): RpcRoutes {
  return {
    name: "test",
    services: [BroadcasterService],
    callers,
    register: (router) => void router.service(BroadcasterService, { getGateFacts }),
  };
}

function ask(routes: RpcRoutes, logs: string[] = [], from?: ServiceName) {
  const logger = createLogger("test", "trace", { write: (line) => void logs.push(line) });
  const transport = inMemoryTransport(routes, { logger, serviceToken: undefined }, from);
  return createClient(BroadcasterService, transport).getGateFacts({ gateId: "gate.near" });
}

const failure = (call: Promise<unknown>) => call.then(() => assert.fail("the call succeeded"), ConnectError.from);

describe("what a caller sees of an error", () => {
  it("a refusal as it was meant, with its details", async () => {
    const routes = service(() => {
      const value = { reason: "WHY", domain: "test", metadata: { a: "b" } };
      throw new Refusal(Code.FailedPrecondition, "not like this", [{ desc: ErrorInfoSchema, value }]);
    });
    const error = await failure(ask(routes));
    assert.deepEqual([error.code, error.rawMessage], [Code.FailedPrecondition, "not like this"]);
    assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "WHY");
  });

  it("nothing of anything else, not even of an upstream's error; the log has its cause", async () => {
    for (const thrown of [new Error("password is hunter2"), new ConnectError("upstream says", Code.NotFound)]) {
      const logs: string[] = [];
      const routes = service(() => {
        throw thrown;
      });
      const error = await failure(ask(routes, logs));
      assert.deepEqual([error.code, error.rawMessage], [Code.Internal, "internal error"]);
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
    const transport = inMemoryTransport(routes, { logger, serviceToken: undefined }, undefined);
    const error = await failure(createClient(BroadcasterService, transport).getGateFacts({ gateId: "" }));
    assert.equal(error.code, Code.InvalidArgument);
    assert.match(error.rawMessage, /gate_id/);
    assert.equal(handled, false);
  });

  it("that accepts somebody else, or nobody, with a log line that names both", async () => {
    const cases: readonly [Callers, ServiceName | undefined][] = [
      [{ [method]: ["planner"] }, undefined],
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
        [[method, from ?? "nobody we know"]],
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

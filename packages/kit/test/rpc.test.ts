import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { BroadcasterService, type GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { createLogger, inMemoryTransport, Refusal, type RpcRoutes } from "@outlayer/kit";

function service(getGateFacts: (request: GetGateFactsRequest) => object, internal = false): RpcRoutes {
  return {
    name: "test",
    services: [BroadcasterService],
    internal: internal ? [BroadcasterService] : [],
    register: (router) => void router.service(BroadcasterService, { getGateFacts }),
  };
}

function ask(routes: RpcRoutes, logs: string[] = [], tokens: { theirs?: string; ours?: string } = {}) {
  const logger = createLogger("test", "trace", { write: (line) => void logs.push(line) });
  const transport = inMemoryTransport(routes, { logger, serviceToken: tokens.theirs }, { serviceToken: tokens.ours });
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
    const transport = inMemoryTransport(routes, { logger, serviceToken: undefined }, { serviceToken: undefined });
    const error = await failure(createClient(BroadcasterService, transport).getGateFacts({ gateId: "" }));
    assert.equal(error.code, Code.InvalidArgument);
    assert.match(error.rawMessage, /gate_id/);
    assert.equal(handled, false);
  });

  it("that only services may call, unless it shows the token", async () => {
    const routes = service(() => ({}), true);
    assert.equal((await failure(ask(routes, [], { theirs: "a" }))).code, Code.PermissionDenied);
    assert.equal((await failure(ask(routes, [], { theirs: "a", ours: "b" }))).code, Code.PermissionDenied);
    await ask(routes, [], { theirs: "a", ours: "a" });
    await ask(
      service(() => ({})),
      [],
      { theirs: "a" },
    );
  });
});

import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { createLogger, hostService, remoteTransport } from "@outlayer/kit";
import { oneMethod } from "../../kit/test/support/broadcaster-stub.ts";
import { exceededQuotaOf, quotaExceeded } from "../src/quota.ts";

const failure = (call: Promise<unknown>) => call.then(() => assert.fail("the call succeeded"), ConnectError.from);

describe("calls", () => {
  it("are not made again where a quota refuses them", async () => {
    const exceeded = {
      standing: { quota: "open_workflows", limit: 1, remaining: 0, unit: "concurrent-requests", window: undefined },
      retryAfterSecs: 5,
    } as const;
    let asked = 0;
    const service = oneMethod(() => {
      asked++;
      throw quotaExceeded("used up", exceeded);
    });
    const bind = { host: "127.0.0.1", port: 0 };
    const guards = { logger: createLogger("broadcaster", "silent"), serviceToken: undefined };
    const hosted = await hostService(service, { grpcBind: bind, httpBind: bind }, guards);
    const caller = { from: "planner", to: "broadcaster", serviceToken: undefined } as const;
    const client = createClient(BroadcasterService, remoteTransport(hosted.listeners.grpcUrl, caller));
    const error = await failure(client.getGateFacts({ gateId: "gate.near" }));
    await hosted.stop();
    assert.deepEqual([error.code, error.rawMessage, asked], [Code.ResourceExhausted, "used up", 1]);
    assert.deepEqual(exceededQuotaOf(error), exceeded, "and all of it is said");
  });
});

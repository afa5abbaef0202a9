import assert from "node:assert/strict";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport, type Transport } from "@connectrpc/connect";
import { BroadcasterService } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { createLogger, hostService, remoteTransport, systemPorts } from "@outlayer/kit";
import { startTcpProxy } from "../../../test/support/tcp-proxy.ts";
import { patient, usualLimitOf } from "../src/rpc/patience.ts";
import { oneMethod } from "./support/broadcaster-stub.ts";

const id = "018f0000-0000-7000-8000-000000000000";
const failure = (call: Promise<unknown>) => call.then(() => assert.fail("the call succeeded"), ConnectError.from);
const fails = (code: Code) => () => {
  throw new ConnectError("no", code);
};

/** A server that fails so many times before it answers, and what it was asked. */
function flaky(failures: number, fail: () => never) {
  const asked: string[] = [];
  const answer =
    <T extends object>(name: string, response: T) =>
    () => {
      asked.push(name);
      if (asked.length <= failures) fail();
      return response;
    };
  const transport = createRouterTransport((router) => {
    router.service(LogService, {
      readEvents: answer("ReadEvents", {}),
      openWorkflow: answer("OpenWorkflow", {}),
      appendEvent: answer("AppendEvent", {}),
      reserveNonces: answer("ReserveNonces", {}),
    });
    router.service(SignerProxyService, { signStep: answer("SignStep", {}) });
  });
  return { transport, asked };
}

describe("calls between services", () => {
  it("are made again when the other side could not take them and the method is idempotent", async () => {
    for (const method of ["readEvents", "openWorkflow"] as const) {
      const { transport, asked } = flaky(3, fails(Code.Unavailable));
      await createClient(LogService, patient(transport, systemPorts()))[method]({ requestId: id });
      assert.equal(asked.length, 4);
    }
  });

  it("are not made again for ever", async () => {
    const { transport, asked } = flaky(9, fails(Code.Unavailable));
    const client = createClient(LogService, patient(transport, systemPorts()));
    assert.equal((await failure(client.readEvents({ requestId: id }))).code, Code.Unavailable);
    assert.equal(asked.length, 4);
  });

  it("that write or sign are made once, whatever happens to them", async () => {
    for (const code of [Code.Unavailable, Code.Aborted, Code.DeadlineExceeded, Code.Internal]) {
      for (const call of [
        (transport: Transport) => createClient(LogService, transport).appendEvent({ requestId: id }),
        (transport: Transport) => createClient(LogService, transport).reserveNonces({}),
        (transport: Transport) => createClient(SignerProxyService, transport).signStep({}),
      ]) {
        const { transport, asked } = flaky(1, fails(code));
        assert.equal((await failure(call(patient(transport, systemPorts())))).code, code);
        assert.equal(asked.length, 1);
      }
    }
  });

  it("are not made again for an error that asking again does not change, nor for a log that has moved on", async () => {
    for (const code of [Code.Aborted, Code.NotFound, Code.PermissionDenied, Code.DeadlineExceeded, Code.Internal]) {
      const { transport, asked } = flaky(1, fails(code));
      const client = createClient(LogService, patient(transport, systemPorts()));
      assert.equal((await failure(client.readEvents({ requestId: id }))).code, code);
      assert.equal(asked.length, 1, Code[code]);
    }
  });

  it("are made again over a new connection when the old one breaks", async () => {
    const logger = createLogger("broadcaster", "silent");
    const bind = { host: "127.0.0.1", port: 0 };
    let asked = 0;
    const service = oneMethod((_request, context) => {
      asked++;
      if (asked === 1) breakConnection();
      return asked === 1 ? new Promise((_, reject) => context.signal.addEventListener("abort", reject)) : {};
    });
    const hosted = await hostService(service, { grpcBind: bind, httpBind: bind }, { logger, serviceToken: undefined });
    const line = await startTcpProxy(hosted.listeners.grpcUrl);
    const breakConnection = () => line.breakConnections();
    const caller = { from: "planner", to: "broadcaster", serviceToken: undefined } as const;
    const client = createClient(BroadcasterService, remoteTransport(line.url, caller));
    await client.getGateFacts({ gateId: "gate.near" });
    assert.equal(asked, 2);
    await line.cut();
    await hosted.stop();
  });

  it("end at a deadline, which goes along with them and covers every try", async () => {
    const limits: (number | undefined)[] = [];
    const observed: Transport = {
      stream: () => assert.fail("no stream"),
      async unary(_method, _signal, timeoutMs) {
        limits.push(timeoutMs);
        throw new ConnectError("away", Code.Unavailable);
      },
    };
    let now = 0;
    const ports = { ...systemPorts(), clock: { now: () => (now += 1000) } };
    const transport = patient(observed, ports);
    await failure(createClient(LogService, transport).readEvents({ requestId: id }));
    assert.deepEqual(limits, [4000, 2000, 1]);
    limits.length = 0;
    now = 0;
    await failure(createClient(LogService, patient(observed, systemPorts())).appendEvent({ requestId: id }));
    await failure(createClient(SignerProxyService, patient(observed, systemPorts())).signStep({}));
    await failure(createClient(SignerProxyService, patient(observed, systemPorts())).signStep({}, { timeoutMs: 700 }));
    assert.deepEqual(
      limits.map((limit) => Math.ceil((limit ?? 0) / 100) * 100),
      [5000, 30_000, 700],
    );
    limits.length = 0;
    await failure(createClient(RecordService, transport).getRecord({ requestId: id, waitMs: 60_000 }));
    assert.equal(limits[0], 64_000);
  });

  it("have more time where their contract says that they ask upstreams: all of signer-proxy's, and preflight", () => {
    const longest = [...SignerProxyService.methods, BroadcasterService.method.preflight];
    for (const method of longest) assert.equal(usualLimitOf(method as DescMethodUnary, {}), 30_000, method.name);
    for (const method of [BroadcasterService.method.getGateFacts, LogService.method.openWorkflow]) {
      assert.equal(usualLimitOf(method, {}), 5_000, method.name);
    }
  });

  it("tell the other side of their deadline, and get its word that it was too late", async () => {
    const logger = createLogger("broadcaster", "silent");
    const bind = { host: "127.0.0.1", port: 0 };
    let aborted: Promise<void> | undefined;
    const service = oneMethod((_request, { signal }) => {
      aborted = new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const hosted = await hostService(service, { grpcBind: bind, httpBind: bind }, { logger, serviceToken: undefined });
    const caller = { from: "planner", to: "broadcaster", serviceToken: undefined } as const;
    const client = createClient(BroadcasterService, remoteTransport(hosted.listeners.grpcUrl, caller));
    const error = await failure(client.getGateFacts({ gateId: "gate.near" }, { timeoutMs: 50 }));
    assert.equal(error.code, Code.DeadlineExceeded);
    await aborted;
    await hosted.stop();
  });
});

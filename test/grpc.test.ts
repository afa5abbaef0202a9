import assert from "node:assert/strict";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { ServiceName } from "@outlayer/kit";
import { logged } from "./support/logged.ts";
import { type Any, call, plainClient, walletMetadata } from "./support/plain-grpc.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";
import { apiKey, internalToken, type System, startSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

const servedBy: Readonly<Record<ServiceName, readonly string[]>> = {
  gateway: [],
  planner: ["outlayer.planner.v1.PlannerService", "outlayer.planner.v1.SignInService"],
  "signer-proxy": ["outlayer.signer_proxy.v1.SignerProxyService"],
  broadcaster: ["outlayer.broadcaster.v1.BroadcasterService"],
  evidence: [
    "outlayer.evidence.v1.RecordService",
    "outlayer.evidence.v1.LogService",
    "outlayer.evidence.v1.SessionService",
  ],
};
const names = Object.keys(servedBy) as ServiceName[];

describeShapes("every service's ports", (shape) => {
  let system: System;
  const clients: Any[] = [];
  const plain = (file: string, service: string, url: string): Any => {
    const client = plainClient(file, service, url);
    clients.push(client);
    return client;
  };

  before(async () => {
    system = await startSystem({ shape });
    for (const name of names) {
      await waitUntil(async () => (await fetch(`${system.product.http[name]}/readyz`)).ok, `${name} is ready`);
    }
  });
  after(async () => {
    for (const client of clients) client.close();
    await system.stop();
  });

  for (const name of names) {
    it(`${name} answers health checks of a plain gRPC client`, async () => {
      const client = plain("grpc/health/v1/health.proto", "grpc.health.v1.Health", system.product.grpc[name]);
      assert.equal((await call(client, "Check", {})).status, "SERVING");
      for (const service of servedBy[name]) assert.equal((await call(client, "Check", { service })).status, "SERVING");
      const unknown = await call(client, "Check", { service: "no.such.Service" }).catch((error) => error);
      assert.equal(unknown.code, grpc.status.NOT_FOUND);
      const { statuses } = await call(client, "List", {});
      assert.deepEqual(Object.keys(statuses).sort(), ["", ...servedBy[name]].sort());
    });

    it(`${name} reflects what it serves, in both versions, with everything that it imports`, async () => {
      for (const version of ["v1", "v1alpha"]) {
        const client = plain(
          `grpc/reflection/${version}/reflection.proto`,
          `grpc.reflection.${version}.ServerReflection`,
          system.product.grpc[name],
        );
        const stream = client.ServerReflectionInfo();
        const ask = (request: object): Promise<Any> => {
          const answer = new Promise((resolve, reject) => {
            stream.once("data", resolve);
            stream.once("error", reject);
          });
          stream.write(request);
          return answer;
        };
        const list = await ask({ list_services: "" });
        const listed = list.list_services_response.service.map((service: { name: string }) => service.name);
        assert.deepEqual(listed, [...servedBy[name], "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]);
        for (const service of servedBy[name]) {
          const answer = await ask({ file_containing_symbol: service });
          assert.ok(answer.file_descriptor_response.file_descriptor_proto.length > 1, service);
        }
        const missing = await ask({ file_containing_symbol: "no.such.Symbol" });
        assert.equal(missing.error_response.error_code, grpc.status.NOT_FOUND);
        stream.end();
      }
    });

    it(`${name} says over HTTP/1.1 that it lives and is ready`, async () => {
      for (const path of ["/livez", "/readyz"]) {
        assert.equal((await fetch(system.product.http[name] + path)).status, 200);
      }
      assert.equal((await fetch(`${system.product.http[name]}/nothing`)).status, 404);
    });
  }

  it("answers gRPC, gRPC-Web and Connect over h2c, and gRPC-Web and Connect over HTTP/1.1", async () => {
    const { grpc: h2c, http } = system.product;
    const transports: Readonly<Record<string, Transport>> = {
      "gRPC over h2c": createGrpcTransport({ baseUrl: h2c.planner }),
      "gRPC-Web over h2c": createGrpcWebTransport({ baseUrl: h2c.planner, httpVersion: "2" }),
      "Connect over h2c": createConnectTransport({ baseUrl: h2c.planner, httpVersion: "2" }),
      "gRPC-Web over HTTP/1.1": createGrpcWebTransport({ baseUrl: http.planner, httpVersion: "1.1" }),
      "Connect over HTTP/1.1": createConnectTransport({ baseUrl: http.planner, httpVersion: "1.1" }),
    };
    const headers = { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": internalToken };
    const steps = [{ kind: dust.kind, token: dust.token, amount: dust.amount, receiverId: dust.receiver_id }];
    for (const [name, transport] of Object.entries(transports)) {
      const client = createClient(PlannerService, transport);
      const { plan } = await client.plan({ body: { case: "workflow", value: { steps } } }, { headers });
      assert.equal(plan?.executable, true, name);
    }
  });

  it("answers curl: JSON over HTTP/1.1", async () => {
    const response = await fetch(`${system.product.http.planner}/outlayer.planner.v1.PlannerService/Plan`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-wallet-id": "wallet-1",
        "x-internal-wallet-auth": internalToken,
      },
      body: JSON.stringify({ workflow: { steps: [dust] } }),
    });
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as Any).plan.steps[0].lane, "gate_proxy");
  });

  it("carries a workflow out for a plain gRPC client, streams its progress and gives its evidence", async () => {
    const planner = plain(
      "outlayer/planner/v1/planner.proto",
      "outlayer.planner.v1.PlannerService",
      system.product.grpc.planner,
    );
    const records = plain(
      "outlayer/evidence/v1/record_service.proto",
      "outlayer.evidence.v1.RecordService",
      system.product.grpc.evidence,
    );
    const { record, created } = await call(
      planner,
      "ExecuteWorkflow",
      { workflow: { steps: [dust, dust] } },
      walletMetadata(),
    );
    assert.equal(created, true);
    const versions: string[] = [];
    await new Promise((resolve, reject) => {
      const stream = records.WatchProgress({ request_id: record.request_id }, walletMetadata());
      stream.on("data", (event: Any) => versions.push(event.version));
      stream.on("error", reject);
      stream.on("end", resolve);
    });
    const ended = await call(records, "GetRecord", { request_id: record.request_id }, walletMetadata());
    assert.equal(ended.status, "succeeded");
    assert.deepEqual(
      versions,
      Array.from({ length: Number(ended.version) }, (_, index) => String(index + 1)),
    );
    assert.deepEqual(ended.balance_deltas, { "nep141:wrap.near:intents": "-2000000000000000000" });
    const { entries } = await call(records, "GetHistory", { request_id: record.request_id }, walletMetadata());
    assert.equal(entries.at(-1).hash, ended.head_hash);
  });

  it("public methods take REST's two credentials, and nothing else (rule: wallet-methods-take-wallet-credentials)", async () => {
    const planner = plain(
      "outlayer/planner/v1/planner.proto",
      "outlayer.planner.v1.PlannerService",
      system.product.grpc.planner,
    );
    const bearer = new grpc.Metadata();
    bearer.set("authorization", `Bearer ${apiKey}`);
    for (const metadata of [walletMetadata(), bearer]) {
      const { plan } = await call(planner, "Plan", { workflow: { steps: [dust] } }, metadata);
      assert.equal(plan.accepted, true);
    }
    const wrong = new grpc.Metadata();
    wrong.set("authorization", "Bearer wk_of_nobody");
    for (const metadata of [new grpc.Metadata(), wrong]) {
      const error = await call(planner, "Plan", { workflow: { steps: [dust] } }, metadata).catch((caught) => caught);
      assert.equal(error.code, grpc.status.UNAUTHENTICATED);
    }
  });

  it("append, sign and the gate's facts accept services only, whatever wallet credentials come along (rule: service-methods-take-services)", async () => {
    const { grpc: urls } = system.product;
    const requestId = "0192f3c0-0000-7000-8000-000000000000";
    const internal = [
      [
        "outlayer/evidence/v1/log_service.proto",
        "outlayer.evidence.v1.LogService",
        urls.evidence,
        "AppendEvent",
        { request_id: requestId },
      ],
      [
        "outlayer/evidence/v1/log_service.proto",
        "outlayer.evidence.v1.LogService",
        urls.evidence,
        "AppendGateLog",
        { gate_id: "g.near" },
      ],
      [
        "outlayer/signer_proxy/v1/signer_proxy.proto",
        "outlayer.signer_proxy.v1.SignerProxyService",
        urls["signer-proxy"],
        "SignStep",
        { wallet_id: "wallet-1" },
      ],
      [
        "outlayer/signer_proxy/v1/signer_proxy.proto",
        "outlayer.signer_proxy.v1.SignerProxyService",
        urls["signer-proxy"],
        "CheckPolicy",
        { wallet_id: "wallet-1" },
      ],
      [
        "outlayer/broadcaster/v1/broadcaster.proto",
        "outlayer.broadcaster.v1.BroadcasterService",
        urls.broadcaster,
        "GetGateFacts",
        { gate_id: "gate.sequential.near" },
      ],
    ] as const;
    for (const [file, service, url, method, request] of internal) {
      const error = await call(plain(file, service, url), method, request, walletMetadata()).catch((caught) => caught);
      assert.equal(error.code, grpc.status.PERMISSION_DENIED, method);
    }
    await logged(system, "caller is not allowed");
  });
});

import assert from "node:assert/strict";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { type ServiceName, serviceNames } from "@outlayer/kit";
import { readMetrics } from "./support/metrics-page.ts";
import { samplesOf, scrape } from "./support/scraped.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";
import { type System, startSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

/** OpenMetrics names a counter's family without its suffix. */
const familyOf = (name: string) => name.replace(/_total$/, "");

/** Node's own, which the page does not list. */
const ofProcess = /^(process|nodejs)_/;

describeShapes("metrics", (shape) => {
  let system: System;
  const documented = readMetrics();

  before(async () => {
    // Whoever watches nobody tells nothing of keys. The second endpoint answers nothing from the start.
    system = await startSystem({ shape, rpcPaths: ["/a", "/b"], environment: { WATCH_KEYS_OF: "nobody.near" } });
    system.devnet.controls.faults.add({ target: "rpc", method: "POST /b", count: null, fault: { kind: "reset" } });
    const rest = system.rest("wallet-1");
    await rest.ended(await rest.begin([dust]));
  });
  after(() => system.stop());

  const textOf = (service: ServiceName) => scrape(system.product.http[service]);
  const valuesOf = async (service: ServiceName, name: string) => samplesOf(await textOf(service), name);

  /** Waits until a metric has a sample with all of these labels, and such a value. */
  const waitFor = (
    service: ServiceName,
    name: string,
    labels: readonly string[],
    holds = (value: number) => value >= 1,
  ) =>
    waitUntil(async () => {
      const samples = await valuesOf(service, name);
      return samples.some((one) => labels.every((label) => one.labels.includes(label)) && holds(one.value));
    }, `${name} of ${labels.join()}`);

  it("are those of the page, each with its type, and no other", async () => {
    const seen = new Map<string, string>();
    for (const service of serviceNames) {
      const text = await textOf(service);
      assert.ok(text.endsWith("# EOF\n"));
      const own = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type] as const);
      const names = own.map(([name]) => name);
      for (const [name, { services }] of documented) {
        if (shape === "distributed" || services.includes(service))
          assert.equal(names.includes(familyOf(name)), services.includes(service), `${name} of ${service}`);
      }
      assert.ok(names.includes("nodejs_eventloop_lag_seconds"));
      for (const [name, type] of own) if (!ofProcess.test(name)) seen.set(name, type);
    }
    const told = [...documented].map(([name, { type }]) => [familyOf(name), type]);
    assert.deepEqual([...seen].sort(), told.sort());
  });

  it("count requests by route and calls by method, and name nobody", async () => {
    const execute = ['http_route="/wallet/v1/workflows/execute"', '"POST"'];
    await waitFor("gateway", "http_server_request_duration_seconds_count", execute);
    await waitFor(
      "evidence",
      "rpc_server_call_duration_seconds_count",
      ["LogService/AppendEvent", '"OK"'],
      (n) => n >= 10,
    );
    for (const service of serviceNames)
      assert.doesNotMatch(await textOf(service), /wallet-1|[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it("take the methods that REST does not serve as one, whichever a stranger sends", async () => {
    const count = "http_server_request_duration_seconds_count";
    for (const method of ["PROPFIND", "MKCOL"]) {
      await fetch(`${system.product.restUrl}/wallet/v1/workflows/plan`, { method });
    }
    await waitFor("gateway", count, ['"_OTHER"', '"405"'], (value) => value === 2);
    assert.doesNotMatch(await textOf("gateway"), /PROPFIND|MKCOL/);
  });

  it("tell a call's error by its code, and count what is refused before it is read", async () => {
    const requestId = "01a22ce4-5c71-71b9-953b-8beadc42b649";
    const transport = createGrpcTransport({ baseUrl: system.product.grpc.evidence });
    await assert.rejects(createClient(RecordService, transport).getRecord({ requestId }));
    await waitFor("evidence", "rpc_server_refusals_total", ["RecordService/GetRecord", '"UNAUTHENTICATED"']);
    const { status } = await system.rest("wallet-1").get(`/workflows/${requestId}`);
    assert.equal(status, 404);
    await waitFor("evidence", "rpc_server_call_duration_seconds_count", ["RecordService/GetRecord", '"NOT_FOUND"']);
  });

  it("tell whether each service is ready, and what it needs", async () => {
    for (const service of serviceNames) {
      const ready = await valuesOf(service, "service_ready");
      const own = ready.filter(({ labels }) => labels === `service_name="${service}"`);
      assert.deepEqual(own, [{ labels: `service_name="${service}"`, value: 1 }]);
      assert.equal(ready.length, shape === "distributed" ? 1 : serviceNames.length);
    }
    const needed = async (service: ServiceName) =>
      (await valuesOf(service, "service_dependency_ok")).filter(({ labels }) => labels.includes(`"${service}"`));
    const of = (service: ServiceName, dependency: string) => ({
      labels: `service_name="${service}",dependency="${dependency}"`,
      value: 1,
    });
    assert.deepEqual(await needed("signer-proxy"), [of("signer-proxy", "keystore")]);
    const others = shape === "distributed" ? [of("gateway", "planner"), of("gateway", "evidence")] : [];
    assert.deepEqual(await needed("gateway"), others);
  });

  it("show the chain, each endpoint, and who drives", async () => {
    const one = async (name: string) => {
      const values = await valuesOf("broadcaster", name);
      assert.equal(values.length, 1, name);
      return values[0];
    };
    // An endpoint that gives no answer rests for a while, is asked again, and rests.
    await waitFor("broadcaster", "near_rpc_endpoint_resting", ['"#2"'], (value) => value === 1);
    await waitFor("broadcaster", "near_rpc_call_duration_seconds_count", ['"#2"', '"no_answer"']);
    await waitFor("broadcaster", "near_rpc_call_duration_seconds_count", ['"#1"', '"send_tx"', '"answered"']);
    await waitFor("broadcaster", "near_rpc_endpoint_final_height", ['"#1"'], (value) => value > 200_000_000);
    const stale = await valuesOf("broadcaster", "near_rpc_endpoint_stale");
    assert.deepEqual(stale, [
      { labels: 'endpoint="#1"', value: 0 },
      { labels: 'endpoint="#2"', value: 0 },
    ]);
    const final = await one("near_final_block_height");
    assert.ok(final !== undefined && final.value > 200_000_000 && final.value <= system.devnet.chain.head.height);
    assert.ok(Math.abs((await one("near_clock_ahead_seconds"))?.value ?? 99) < 10);
    assert.deepEqual(await valuesOf("broadcaster", "lease_held"), [
      { labels: `partition="gate:${system.devnet.gateId}"`, value: 1 },
      ...Array.from({ length: 8 }, (_, index) => ({ labels: `partition="direct_user:${index}"`, value: 1 })),
    ]);
    assert.doesNotMatch(await textOf("broadcaster"), /127\.0\.0\.1|http:/);
  });

  it("have the labels of the page", async () => {
    const texts = await Promise.all(serviceNames.map(textOf));
    const silent = [...documented].flatMap(([name, { type, labels }]) => {
      const samples = texts.flatMap((text) => samplesOf(text, type === "histogram" ? `${name}_count` : name));
      for (const sample of samples) {
        const names = Array.from(sample.labels.matchAll(/([a-z_]+)="/g), ([, label]) => String(label));
        assert.deepEqual(names.toSorted(), labels.toSorted(), name);
      }
      return samples.length === 0 ? [name] : [];
    });
    // Nothing is read again here, nobody's keys are watched, and there is no other broadcaster.
    assert.deepEqual(silent, ["config_files_ok", "lease_hand_overs_total", "watched_key_events_total"]);
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { type ServiceName, serviceNames } from "@outlayer/kit";
import { describeShapes } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";
import { type System, startSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

/** What docs/metrics.md says of a metric. */
interface Documented {
  readonly type: string;
  readonly services: readonly ServiceName[];
}

/** Node's own, which the page does not list. */
const ofProcess = /^(process|nodejs)_/;

describeShapes("metrics", (shape) => {
  let system: System;
  const documented = readDocumented();

  before(async () => {
    // Whoever watches nobody tells nothing of keys.
    system = await startSystem({ shape, environment: { WATCH_KEYS_OF: "nobody.near" } });
    const rest = system.rest("wallet-1");
    await rest.ended(await rest.begin([dust]));
  });
  after(() => system.stop());

  const scrape = async (service: ServiceName) => {
    const response = await fetch(`${system.product.http[service]}/metrics`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^application\/openmetrics-text; version=1\.0\.0/);
    return response.text();
  };

  /** Values by labels. */
  const valuesOf = async (service: ServiceName, name: string) => {
    const lines = (await scrape(service))
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return lines.map((line) => {
      const [, labels = "", value] = /^[^{ ]+(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return { labels, value: Number(value) };
    });
  };

  it("are those of the page, each with its type, and no other", async () => {
    const seen = new Map<string, string>();
    for (const service of serviceNames) {
      const text = await scrape(service);
      assert.ok(text.endsWith("# EOF\n"));
      const own = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type] as const);
      const names = own.map(([name]) => name);
      for (const [name, { services }] of documented) {
        if (shape === "distributed" || services.includes(service))
          assert.equal(names.includes(name), services.includes(service), `${name} of ${service}`);
      }
      assert.ok(names.includes("nodejs_eventloop_lag_seconds"));
      for (const [name, type] of own) if (!ofProcess.test(name)) seen.set(name, type);
    }
    const told = [...documented].map(([name, { type }]) => [name, type]);
    assert.deepEqual([...seen].sort(), told.sort());
  });

  it("count requests by route and calls by method, and name nobody", async () => {
    const requests = await valuesOf("gateway", "http_server_request_duration_seconds_count");
    const execute = requests.find(({ labels }) => labels.includes('http_route="/wallet/v1/workflows/execute"'));
    assert.ok(execute !== undefined && execute.value >= 1, JSON.stringify(requests));
    assert.match(execute.labels, /http_request_method="POST"/);
    assert.match(execute.labels, /http_response_status_code="20[02]"/);
    const calls = await valuesOf("evidence", "rpc_server_call_duration_seconds_count");
    const appends = calls.find(({ labels }) => labels.includes("LogService/AppendEvent") && labels.includes('"OK"'));
    assert.ok(appends !== undefined && appends.value >= 10, JSON.stringify(calls));
    for (const service of serviceNames)
      assert.doesNotMatch(await scrape(service), /wallet-1|[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it("take the methods that REST does not serve as one, whichever a stranger sends", async () => {
    const count = "http_server_request_duration_seconds_count";
    await fetch(`${system.product.restUrl}/wallet/v1/workflows/plan`, { method: "PROPFIND" });
    await fetch(`${system.product.restUrl}/wallet/v1/workflows/plan`, { method: "MKCOL" });
    await waitUntil(async () => {
      const labels = (await valuesOf("gateway", count)).map((one) => one.labels);
      assert.ok(!labels.some((one) => /PROPFIND|MKCOL/.test(one)));
      return labels.some((one) => one.includes('"_OTHER"') && one.includes('"405"'));
    }, "both are counted");
  });

  it("tell a call's error by its code, and count what is refused before it is read", async () => {
    const transport = createGrpcTransport({ baseUrl: system.product.grpc.evidence });
    const records = createClient(RecordService, transport);
    await assert.rejects(records.getRecord({ requestId: "01a22ce4-5c71-71b9-953b-8beadc42b649" }));
    const refusals = await fresh(() => valuesOf("evidence", "rpc_server_refusals_total"));
    const refused = refusals.find(({ labels }) => labels.includes("RecordService/GetRecord"));
    assert.equal(refused?.value, 1);
    assert.match(refused.labels, /rpc_status_code="(UNAUTHENTICATED|PERMISSION_DENIED)"/);
    const { status } = await system.rest("wallet-1").get("/workflows/01a22ce4-5c71-71b9-953b-8beadc42b649");
    assert.equal(status, 404);
    const calls = await fresh(() => valuesOf("evidence", "rpc_server_call_duration_seconds_count"));
    assert.ok(calls.some(({ labels }) => labels.includes("RecordService/GetRecord") && labels.includes('"NOT_FOUND"')));
  });

  it("show the chain, each endpoint, and who drives", async () => {
    const one = async (name: string) => {
      const values = await valuesOf("broadcaster", name);
      assert.equal(values.length, 1, name);
      return values[0];
    };
    const { chain } = system.devnet;
    const final = await one("near_final_block_height");
    assert.ok(final !== undefined && final.value > 200_000_000 && final.value <= chain.head.height);
    assert.equal((await one("near_rpc_endpoint_final_height"))?.labels, 'endpoint="#1"');
    assert.deepEqual(await one("near_rpc_endpoint_resting"), { labels: 'endpoint="#1"', value: 0 });
    assert.deepEqual(await one("near_rpc_endpoint_stale"), { labels: 'endpoint="#1"', value: 0 });
    assert.ok(Math.abs((await one("near_clock_ahead_seconds"))?.value ?? 99) < 10);
    assert.deepEqual(await one("lease_held"), { labels: `gate="${system.devnet.gateId}"`, value: 1 });
    const calls = await valuesOf("broadcaster", "near_rpc_call_duration_seconds_count");
    assert.ok(calls.some(({ labels }) => labels.includes('method="send_tx"') && labels.includes('outcome="answered"')));
    assert.doesNotMatch(await scrape("broadcaster"), /127\.0\.0\.1|http:/);
  });

  /** A text is kept for a second. */
  async function fresh<T>(read: () => Promise<T>): Promise<T> {
    const before = JSON.stringify(await read());
    await waitUntil(async () => JSON.stringify(await read()) !== before, "the metrics are read anew");
    return read();
  }
});

function readDocumented(): ReadonlyMap<string, Documented> {
  const page = readFileSync(new URL("../docs/metrics.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\w+) \| ([\w-]+) \| .* \|$/gm)];
  return new Map(
    rows.map(([, name = "", type = "", of = ""]) => {
      const services = of === "all" ? serviceNames : serviceNames.filter((one) => one === of);
      // OpenMetrics names a counter's family without its suffix.
      return [name.replace(/_total$/, ""), { type, services }];
    }),
  );
}

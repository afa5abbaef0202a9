import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Code } from "@connectrpc/connect";
import { PrometheusMetrics, serviceNames, systemPorts } from "@outlayer/kit";
import { errorCodes, statuses } from "@outlayer/workflow";
import { readMetrics } from "../support/metrics-page.ts";
import { type Query, readQuery } from "./promql.ts";
import { recordings } from "./rules.ts";

const documented = readMetrics();
const metricsPage = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");

const processText = await new PrometheusMetrics(systemPorts().clock).text();
const ofProcess = new Set(Array.from(processText.matchAll(/^# TYPE (\w+) /gm), ([, name]) => String(name)));

/** What Prometheus itself says of a target, beside the target's own labels. */
const ofTarget = ["namespace", "job", "instance"];

const codes = ["OK", ...Object.keys(Code).map((code) => code.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase())];

/** Labels of a metric. @throws AssertionError where nothing has it */
export function labelsOf(metric: string): readonly string[] {
  const recording = recordings.find(({ record }) => record === metric);
  if (recording !== undefined) return readQuery(recording.expr).labels;
  const family = familyOf(metric);
  const found = documented.get(metric) ?? documented.get(family);
  if (found !== undefined) {
    assert.equal(found.type === "histogram", documented.get(metric) === undefined, `${metric} of a ${found.type}`);
    return [...found.labels, ...(metric.endsWith("_bucket") ? ["le"] : []), ...ofTarget];
  }
  const isOfProcess = [metric, family, metric.replace(/_total$/, "")].some((name) => ofProcess.has(name));
  assert.ok(metric === "up" || isOfProcess, `nothing has the metric ${metric}`);
  return ofTarget;
}

/** That something answers a query: its metrics are there, with its labels, and with the values that it names. */
export function assertAnswerable(query: Query): void {
  assert.notEqual(query.selectors.length, 0);
  const all = query.selectors.flatMap(({ metric }) => labelsOf(metric));
  for (const label of query.labels) assert.ok(all.includes(label), `nothing asked for has the label ${label}`);
  for (const { metric, matchers } of query.selectors) {
    for (const { label, values } of matchers) {
      assert.ok(labelsOf(metric).includes(label), `${metric} has no label ${label}`);
      for (const value of values) assert.ok(canBe(metric, label, value), `${label} of ${metric} is never ${value}`);
    }
  }
}

/** Whether a label of a metric can have this value, in what a service says or Prometheus adds. */
function canBe(metric: string, label: string, value: string): boolean {
  const family = documented.has(metric) ? metric : familyOf(metric);
  switch (label) {
    case "namespace":
      return value === "outlayer";
    case "job":
      return (documented.get(family)?.services ?? serviceNames).some((service) => service === value);
    case "service_name":
      return serviceNames.some((service) => service === value);
    case "rpc_status_code":
      return codes.includes(value);
    case "http_response_status_code":
      return value === "5..";
    case "http_route":
    case "rpc_method":
      return ["/livez", "/readyz", ".*/events", ".*/WatchProgress"].includes(value);
    case "status":
      return statuses.some((status) => status === value);
    case "error_code":
      return value === "none" || errorCodes.some((code) => code === value);
    default: {
      const row = metricsPage.split("\n").find((line) => line.startsWith(`| \`${family}\``));
      return row?.includes(`\`${value}\``) === true;
    }
  }
}

/** Of what metric a histogram's series is a part; empty for any other. */
function familyOf(metric: string): string {
  return /^(.*)_(?:count|sum|bucket)$/.exec(metric)?.[1] ?? "";
}

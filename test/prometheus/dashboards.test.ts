import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPromtool } from "@outlayer/test-servers";
import { stringify } from "yaml";
import { assertAnswerable, labelsOf } from "./answerable.ts";
import { readQuery } from "./promql.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly datasource: unknown;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit?: string } };
  readonly targets: readonly {
    readonly refId: string;
    readonly datasource: unknown;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly Readonly<Record<string, unknown>>[] };
  readonly panels: readonly Panel[];
}

const folder = new URL("../../deploy/grafana/", import.meta.url);
const files = readdirSync(folder);
const parse = (file: string) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Dashboard;
const dashboards = files.filter((file) => isJson(file)).map(parse);

/** Those of Grafana's units that are in use; Grafana shows what it does not know as a suffix, without a word. */
const units = ["bool_yes_no", "bytes", "cps", "none", "percentunit", "reqps", "s", "short"];

/** The columns of Grafana's grid. */
const columns = 24;

const source = { type: "prometheus", uid: "$datasource" };

/** An expression as Grafana sends it. */
const sent = (expr: string) => expr.replaceAll("$namespace", "outlayer").replaceAll("$__rate_interval", "1m");

describe("dashboards of Grafana", () => {
  it("are there, each with an address and a title of its own", () => {
    assert.notEqual(dashboards.length, 0);
    assertUnique(dashboards.map(({ uid }) => uid));
    assertUnique(dashboards.map(({ title }) => title));
    for (const { uid } of dashboards) assert.match(uid, /^outlayer-[a-z-]{1,31}$/);
    for (const file of files) assert.match(file, /^[a-z-]+\.json$/);
    for (const file of files) assert.ok(isJson(file), `${file} is not JSON`);
  });

  for (const { title, schemaVersion, templating, panels } of dashboards) {
    describe(title, () => {
      it("asks for the data source and the namespace, in a form that Grafana 12 reads", () => {
        assert.equal(schemaVersion, 42);
        assert.deepEqual(
          templating.list.map(({ name, type, query }) => [name, type, query]),
          [
            ["datasource", "datasource", "prometheus"],
            ["namespace", "query", { query: "label_values(service_ready, namespace)", refId: "namespace" }],
          ],
        );
        assert.ok(labelsOf("service_ready").includes("namespace"));
        const [, namespace] = templating.list;
        // Where Prometheus adds no namespace, only this matches.
        assert.deepEqual([namespace?.includeAll, namespace?.allValue], [true, ".*"]);
        assert.deepEqual(namespace?.datasource, source);
      });

      it("has panels with ids and titles of their own, none over another", () => {
        assert.notEqual(panels.length, 0);
        assertUnique(panels.map(({ id }) => id));
        assertUnique(panels.map((panel) => panel.title));
        const taken = new Map<string, string>();
        for (const { title, gridPos } of panels) {
          const { x, y, w, h } = gridPos;
          assert.ok([x, y, w, h].every(Number.isInteger) && x >= 0 && y >= 0 && w > 0 && h > 0, title);
          assert.ok(x + w <= columns, `${title} is wider than the grid`);
          for (let column = x; column < x + w; column += 1) {
            for (let row = y; row < y + h; row += 1) {
              const cell = `${column} ${row}`;
              assert.equal(taken.get(cell), undefined, `${title} is over another panel`);
              taken.set(cell, title);
            }
          }
        }
      });

      for (const panel of panels) {
        it(`${panel.title}: says what it shows, in which unit, of metrics and labels that there are`, () => {
          const { unit = "" } = panel.fieldConfig.defaults;
          assert.ok(units.includes(unit) || /^suffix: \S/.test(unit), `no unit ${unit}`);
          assert.match(panel.description ?? "", /^[A-Z].{20,}\.$/);
          assert.deepEqual(panel.datasource, source);
          assert.notEqual(panel.targets.length, 0);
          assertUnique(panel.targets.map(({ refId }) => refId));
          for (const { datasource, expr, legendFormat } of panel.targets) {
            assert.deepEqual(datasource, source);
            const query = readQuery(sent(expr));
            assertAnswerable(query);
            for (const { metric, matchers } of query.selectors) {
              const labels = matchers.map(({ label }) => label);
              assert.ok(labels.includes("namespace"), `${metric} is asked for in all namespaces`);
              const isOfNode = /^(?:up|process_.*|nodejs_.*)$/.test(metric);
              assert.ok(!isOfNode || labels.includes("job"), `${metric} is asked for of others' processes too`);
            }
            const shown =
              query.labels.length > 0 ? query.labels : query.selectors.flatMap((one) => labelsOf(one.metric));
            const named = Array.from(legendFormat.matchAll(/\{\{(\w+)\}\}/g), ([, label]) => String(label));
            assert.deepEqual(
              named.filter((label) => !shown.includes(label)),
              [],
              "a legend names a label that is not there",
            );
            assert.notEqual(legendFormat, "");
          }
        });
      }
    });
  }

  it("are listed beside the alerts, with how to import them", () => {
    const page = readFileSync(new URL("../../docs/runbooks/README.md", import.meta.url), "utf8");
    const listed = Array.from(page.matchAll(/^\| `([a-z-]+\.json)` \| .{20,} \|$/gm), ([, file]) => file);
    assert.deepEqual(listed.toSorted(), files.toSorted());
  });

  it("ask what Prometheus takes, by promtool", function () {
    const promtool = needPromtool(this);
    const rules = dashboards.flatMap(({ panels }) =>
      panels.flatMap(({ id, targets }) =>
        targets.map(({ refId, expr }) => ({ record: `panel:${id}:${refId}`, expr: sent(expr) })),
      ),
    );
    const made = mkdtempSync(join(tmpdir(), "dashboards-"));
    try {
      const file = join(made, "rules.yaml");
      writeFileSync(file, stringify({ groups: [{ name: "dashboards", rules }] }));
      const { status, stdout, stderr } = spawnSync(promtool, ["check", "rules", file], { encoding: "utf8" });
      assert.equal(status, 0, stdout + stderr);
    } finally {
      rmSync(made, { recursive: true });
    }
  });
});

function isJson(file: string): boolean {
  try {
    parse(file);
    return true;
  } catch {
    return false;
  }
}

function assertUnique(values: readonly unknown[]): void {
  assert.deepEqual(
    values.filter((value, index) => values.indexOf(value) !== index),
    [],
    "more than once",
  );
}

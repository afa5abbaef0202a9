import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPromtool } from "@outlayer/test-servers";
import { parse, stringify } from "yaml";
import { assertAnswerable, labelsOf } from "./answerable.ts";
import { readQuery } from "./promql.ts";
import { alerts, groups, recordings, rulesPath } from "./rules.ts";
import { healthy, scenarios } from "./scenarios.ts";

const runbooks = new URL("../../docs/runbooks/", import.meta.url);
const read = (page: string) => readFileSync(new URL(page, runbooks), "utf8");
const pages = readdirSync(runbooks).filter((page) => page !== "README.md");

describe("rules of Prometheus", () => {
  for (const { record, expr } of recordings) {
    it(`record ${record} from metrics and labels that there are`, () => assertAnswerable(readQuery(expr)));
  }

  for (const alert of alerts) {
    const { labels, annotations } = alert;
    describe(`${alert.alert}, ${labels.severity}`, () => {
      it("asks for metrics and labels that there are", () => assertAnswerable(readQuery(alert.expr)));

      it("says how bad it is, after how long, in a sentence, and which page helps", () => {
        assert.deepEqual(Object.keys(labels), ["severity"]);
        assert.ok(["critical", "warning"].includes(String(labels.severity)));
        assert.match(alert.for, /^[1-9]\d*m$/);
        assert.deepEqual(Object.keys(annotations).toSorted(), ["runbook_url", "summary"]);
        const query = readQuery(alert.expr);
        const known = [...query.selectors.flatMap(({ metric }) => labelsOf(metric))];
        for (const [, label] of String(annotations.summary).matchAll(/\$labels\.(\w+)/g)) {
          assert.ok(known.includes(String(label)), `the summary names the label ${label}`);
        }
        const [, page = ""] = /^docs\/runbooks\/([a-z-]+\.md)$/.exec(String(annotations.runbook_url)) ?? [];
        assert.ok(pages.includes(page), `there is no ${annotations.runbook_url}`);
        assert.ok(read(page).includes(`\`${alert.alert}\``), `${page} does not name the alert`);
      });

      it("fires in a scenario, and does not in another that changes what it asks for", () => {
        const name = `${alert.alert} ${labels.severity}`;
        const asked = metricsOf(alert.expr);
        const changes = (series: object) => Object.keys(series).some((one) => asked.includes(one.split("{")[0] ?? ""));
        assert.ok(scenarios.some(({ series, fires }) => changes(series) && fires.includes(name)));
        assert.ok(scenarios.some(({ series, fires }) => changes(series) && !fires.includes(name)));
      });
    });
  }

  it("record each name once, and all that is recorded is asked for", () => {
    const names = recordings.map(({ record }) => record);
    assert.equal(new Set(names).size, names.length);
    const asked = alerts.flatMap(({ expr }) => readQuery(expr).selectors.map(({ metric }) => metric));
    assert.deepEqual(
      names.filter((name) => !asked.includes(name)),
      [],
    );
    assert.equal(new Set(groups.map(({ name }) => name)).size, groups.length);
  });

  describe("have runbooks", () => {
    const parts = ["What it means", "See", "Do", "Over"];

    /** Pages in the index's part for those that no alert leads to. */
    function withoutAlert(): readonly string[] {
      const [, part = ""] = /^## Without an alert\n([\s\S]*?)^## /m.exec(read("README.md")) ?? [];
      return Array.from(part.matchAll(/^\| \[[^\]]+\]\(([a-z-]+\.md)\) \| .+ \|$/gm), ([, page]) => String(page));
    }

    for (const page of pages) {
      it(`${page}: what it means, how to see it, what to do, how to know that it is over`, () => {
        const text = read(page);
        assert.deepEqual(
          Array.from(text.matchAll(/^## (.+)$/gm), ([, part]) => part),
          parts,
        );
        for (const part of text.split(/^## .+$/m).slice(1)) assert.ok(part.trim().length > 20, "a part says nothing");
      });

      it(`${page}: with queries for metrics and labels that there are`, () => {
        const queries = Array.from(read(page).matchAll(/^```promql\n([\s\S]*?)^```$/gm), ([, query]) => String(query));
        for (const query of queries.flatMap((block) => block.trim().split("\n"))) assertAnswerable(readQuery(query));
      });
    }

    it("listed in the index with each alert's severity, and none beside them", () => {
      const rows = read("README.md").matchAll(/^\| `(\w+)` \| ([a-z, ]+) \| \[[^\]]+\]\(([a-z-]+\.md)\) \|/gm);
      const listed = Array.from(rows, ([, name, severity, page]) => [name, severity, page].join(" "));
      const expected = Map.groupBy(alerts, ({ alert, annotations }) => `${alert} ${annotations.runbook_url}`);
      const told = [...expected.values()].map((same) => {
        const severities = same.map(({ labels }) => labels.severity).toSorted();
        const page = String(same[0]?.annotations.runbook_url).replace("docs/runbooks/", "");
        return [same[0]?.alert, severities.join(", "), page].join(" ");
      });
      assert.deepEqual(listed.toSorted(), told.toSorted());
      const linked = new Set(listed.map((row) => row.split(" ").at(-1)));
      assert.deepEqual([...linked, ...withoutAlert()].toSorted(), pages.toSorted());
    });

    it("listed in a part of their own where no alert leads to them, which they say", () => {
      const listed = withoutAlert();
      assert.notEqual(listed.length, 0);
      for (const page of pages) {
        const says = read(page).includes("\n\nNo alert tells this; one of [these](README.md#without-an-alert).\n");
        assert.equal(says, listed.includes(page), page);
      }
    });

    it("and a command that makes a PrometheusRule of the rules", () => {
      const [, command = ""] = /^ *```sh\n([\s\S]*?)^ *```$/m.exec(read("README.md")) ?? [];
      const folder = mkdtempSync(join(tmpdir(), "rules-"));
      try {
        writeFileSync(join(folder, "kubectl"), "#!/bin/sh\ncat\n", { mode: 0o755 });
        const { status, stdout } = spawnSync("sh", ["-c", command], {
          cwd: new URL("../../", import.meta.url),
          env: { PATH: `${folder}:${process.env.PATH}` },
          encoding: "utf8",
        });
        assert.equal(status, 0);
        const made = parse(stdout);
        assert.deepEqual([made.kind, made.apiVersion], ["PrometheusRule", "monitoring.coreos.com/v1"]);
        assert.deepEqual(made.spec, { groups });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });

  describe("by promtool", () => {
    let promtool: string;
    before(function () {
      promtool = needPromtool(this);
    });

    it("are well-formed", () => {
      const { status, stdout, stderr } = spawnSync(promtool, ["check", "rules", rulesPath], { encoding: "utf8" });
      assert.equal(status, 0, stdout + stderr);
    });

    it("fire as the scenarios say", () => {
      const tests = scenarios.map(({ what, series, at, fires }) => ({
        name: what,
        interval: "15s",
        input_series: Object.entries({ ...healthy, ...series }).flatMap(([one, values]) =>
          values === null ? [] : [{ series: one, values }],
        ),
        promql_expr_test: [
          {
            expr: 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
            eval_time: at,
            exp_samples: fires.map((name) => {
              const [alertname, severity] = name.split(" ");
              return { labels: `{alertname="${alertname}", severity="${severity}"}`, value: 1 };
            }),
          },
        ],
      }));
      const folder = mkdtempSync(join(tmpdir(), "scenarios-"));
      try {
        const file = join(folder, "scenarios.yaml");
        writeFileSync(file, stringify({ rule_files: [rulesPath], evaluation_interval: "30s", tests }));
        const { status, stdout, stderr } = spawnSync(promtool, ["test", "rules", file], { encoding: "utf8" });
        assert.equal(status, 0, stdout + stderr);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }).timeout(120_000);
  });
});

/** What an expression asks for, with what recordings are made from in place of these. */
function metricsOf(expr: string): readonly string[] {
  return readQuery(expr).selectors.flatMap(({ metric }) => {
    const recording = recordings.find(({ record }) => record === metric);
    return recording === undefined ? [metric] : metricsOf(recording.expr);
  });
}

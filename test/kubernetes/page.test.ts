import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { serviceNames } from "@outlayer/kit";
import { encodeBase58 } from "@outlayer/near";
import { parse } from "yaml";
import { environmentOf, podLabelsOf, podOf, settingsFiles, startWith } from "./environment.ts";
import type { Labels } from "./network-policies.ts";
import { type Manifest, readOverlay, withComponent } from "./overlay.ts";

const page = readFileSync(new URL("../../docs/kubernetes.md", import.meta.url), "utf8");

/** A secret key of Ed25519, its seed all of one byte. */
const secretKey = (byte: number) => `ed25519:${encodeBase58(new Uint8Array(32).fill(byte))}`;

/** Blocks of a language in a part of the page. */
function blocksOf(part: string, language: string): readonly string[] {
  const start = page.indexOf(`\n## ${part}\n`);
  assert.ok(start >= 0, `the page has no part ${part}`);
  const end = page.indexOf("\n## ", start + 1);
  const blocks = page.slice(start, end < 0 ? undefined : end).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return Array.from(blocks).flatMap(([, of, text = ""]) => (of === language ? [text] : []));
}

const production = readOverlay("overlays/production");

describe("docs/kubernetes.md", () => {
  describe("has commands of a rollout that", () => {
    const [, rollout = ""] = blocksOf("Deploy, and roll out", "sh");
    const whole = "apply --server-side -k deploy/k8s/overlays/production";
    const selector = "app.kubernetes.io/name notin (gateway, planner, signer-proxy, broadcaster)";
    const evidenceAlone = `${whole} -l ${selector}`;
    const migration = "apply --server-side -k deploy/k8s/overlays/production/migration";

    it("bring the migration, then evidence, and once no pod of before is left all others", () => {
      const { status, commands } = run(rollout, { conditions: "SuccessCriteriaMet Complete" });
      assert.equal(status, 0);
      const job = "job evidence-migration";
      assert.deepEqual(commands, [
        `-n outlayer delete ${job} --ignore-not-found`,
        migration,
        `-n outlayer get ${job} -o jsonpath={.status.conditions[*].type}`,
        "-n outlayer wait --for=condition=complete --timeout=0 job/evidence-migration",
        evidenceAlone,
        "-n outlayer rollout status deployment/evidence",
        "sleep 40",
        whole,
        ...["signer-proxy", "broadcaster", "planner", "gateway"].map(
          (service) => `-n outlayer rollout status deployment/${service}`,
        ),
      ]);
      const evidence = production.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "evidence");
      assert.ok(Number(podOf(evidence as Manifest).terminationGracePeriodSeconds) < 40);
    });

    it("ask again until the migration has ended", () => {
      const { commands } = run(rollout, { conditions: "", later: "Complete" });
      assert.equal(commands.filter((command) => command.includes(" get job ")).length, 2);
      assert.ok(commands.includes(evidenceAlone));
    });

    it("take a migration that is about to fail for one that has not ended", () => {
      const { commands } = run(rollout, { conditions: "FailureTarget", later: "FailureTarget Failed" });
      assert.equal(commands.filter((command) => command.includes(" get job ")).length, 2);
    });

    for (const [what, plays] of [
      ["the migration fails", { conditions: "FailureTarget Failed", fails: " wait " }],
      ["the migration is refused", { conditions: "Complete", fails: migration }],
    ] as const) {
      it(`apply nothing of the services where ${what}`, () => {
        const { status, commands } = run(rollout, plays);
        assert.notEqual(status, 0);
        assert.deepEqual(
          commands.filter((command) => command.startsWith(whole) && command !== migration),
          [],
        );
      });
    }

    it("apply nothing but evidence where its rollout does not come to an end", () => {
      const { status, commands } = run(rollout, { conditions: "Complete", fails: "deployment/evidence" });
      assert.notEqual(status, 0);
      assert.ok(commands.includes(evidenceAlone));
      assert.ok(!commands.includes(whole));
    });

    it("select evidence's Deployment, and all that is in no other service's", () => {
      const [, key = "", names = ""] = /^(\S+) notin \((.*)\)$/.exec(selector) ?? [];
      const left = production.filter(({ metadata }) => {
        const { [key]: name } = (metadata.labels ?? {}) as Labels;
        return name !== undefined && names.split(", ").includes(name);
      });
      const others = serviceNames.filter((service) => service !== "evidence");
      assert.deepEqual(
        left.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted(),
        [...others.map((service) => `Deployment ${service}`), "ScaledObject gateway"].toSorted(),
      );
    });

    it("look at the migration's pods by a label that these have", () => {
      const [, key = "", value] = / logs --prefix -l ([^=\s]+)=([a-z-]+)`/.exec(page) ?? [];
      const job = readOverlay("overlays/production/migration").find(({ kind }) => kind === "Job") as Manifest;
      assert.equal(podLabelsOf(job)[key], value);
    });
  });

  describe("has an example of several gates that", () => {
    const [gates = ""] = blocksOf("Several gates", "json");
    const [added = ""] = blocksOf("Several gates", "yaml");
    /** Settings that the page has taken out of the broadcaster's. */
    const [, sentence = ""] = /Take ([^:]+) out of\s+`settings\/broadcaster\.env`/.exec(page) ?? [];
    const dropped = Array.from(sentence.matchAll(/`([A-Z_\d]+)`/g), ([, name]) => String(name));
    const secrets = Object.fromEntries(
      ["RELAYER_2_SECRET_KEY", "APPROVER_2_SECRET_KEY"].map((name, index) => [name, secretKey(index + 1)]),
    );

    /** Production as the page has it changed, with what has been taken out of a service's settings. */
    function withGates(service: string, out: readonly string[]): readonly Manifest[] {
      const { components, configMapGenerator } = parse(added);
      // A name with a hash would be a new one with each change, and have the pods replaced.
      const options = { disableNameSuffixHash: true };
      assert.deepEqual(configMapGenerator, [{ name: "gates", files: ["GATES_JSON=settings/gates.json"], options }]);
      assert.deepEqual(components, ["../../components/several-gates"]);
      const map = { kind: "ConfigMap", metadata: { name: "gates" }, data: { GATES_JSON: gates } };
      const manifests = withComponent(production, "components/several-gates").map((manifest) => {
        if (manifest.kind !== "ConfigMap" || manifest.metadata.name !== service) return manifest;
        const kept = Object.entries(manifest.data as Labels).filter(([name]) => !out.includes(name));
        return { ...manifest, data: Object.fromEntries(kept) };
      });
      return [...manifests, map];
    }

    function start(service: string, manifests: readonly Manifest[]): Promise<void> {
      const found = manifests.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === service);
      return startWith(found as Manifest, manifests, secrets);
    }

    it("starts the broadcaster with variables all of which it reads", async () => {
      await start("broadcaster", withGates("broadcaster", dropped));
    });

    it("starts the planner with variables all of which it reads, among them the gates", async () => {
      const manifests = withGates("planner", ["GATE_FEE_1_TO_3_YOCTO"]);
      const planner = manifests.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "planner");
      const path = String(environmentOf(planner as Manifest, manifests).GATES_JSON_FILE);
      assert.equal(settingsFiles(planner as Manifest, manifests).get(path), gates);
      await start("planner", manifests);
    });

    it("names all settings of one gate that stop a broadcaster, each of which does", async () => {
      const stopping = dropped.slice(0, 3);
      assert.deepEqual(stopping, ["RELAYER_ACCOUNT_ID", "APPROVER_ACCOUNT_ID", "GATE_FEE_1_TO_3_YOCTO"]);
      for (const name of stopping) {
        const manifests = withGates(
          "broadcaster",
          dropped.filter((each) => each !== name),
        );
        await assert.rejects(start("broadcaster", manifests), new RegExp(`GATES_JSON and ${name} are both set`));
      }
    });
  });
});

interface Plays {
  /** What the migration's job says of itself, and what it says when it is asked again. */
  readonly conditions: string;
  readonly later?: string;
  /** Part of the command that fails. */
  readonly fails?: string;
}

/** Runs commands with a `kubectl` and a `sleep` that only note what they are asked for. */
function run(script: string, { conditions, later = conditions, fails }: Plays) {
  const folder = mkdtempSync(join(tmpdir(), "kubectl-"));
  try {
    const notes = join(folder, "notes");
    const program = (name: string, lines: readonly string[]) =>
      writeFileSync(join(folder, name), ["#!/bin/sh", ...lines, ""].join("\n"), { mode: 0o755 });
    program("sleep", [`if [ "$1" != 2 ]; then echo "sleep $*" >> "${notes}"; fi`]);
    program("kubectl", [
      `echo "$*" >> "${notes}"`,
      `case "$*" in`,
      `*" get job "*) if [ -e "${notes}.asked" ]; then echo "${later}"; else echo "${conditions}"; fi; : > "${notes}.asked" ;;`,
      ...(fails === undefined ? [] : [`*"${fails}"*) exit 1 ;;`]),
      "esac",
    ]);
    const PATH = `${folder}${delimiter}${process.env.PATH}`;
    const { status } = spawnSync("sh", [], { input: script, env: { PATH }, timeout: 60_000 });
    return { status, commands: readFileSync(notes, "utf8").trimEnd().split("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

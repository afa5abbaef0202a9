import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkDependencies, readWorkspaces, type Workspace } from "../dependencies.ts";

const folder = "services/planner";
const page = `${folder}/package.json`;
const root = { devDependencies: { mocha: "12.0.3" } };

/** What is said of a workspace with these files, by path within its folder. */
function said(
  files: Readonly<Record<string, string>>,
  manifest: Workspace["manifest"] = {},
  place: string = folder,
): string[] {
  const texts = Object.entries(files).map(([path, text]) => [`${place}/${path}`, text] as const);
  return checkDependencies(root, [{ folder: place, manifest, files: new Map(texts) }]);
}

const lacking = (list: string, name: string, path: string) =>
  `${page}: ${list} lack ${name}, which ${folder}/${path} imports`;

describe("the check of dependencies", () => {
  const importing: readonly (readonly [string, string])[] = [
    ["by name", 'import { pay } from "bank";\n'],
    ["as a type", 'import type { Pay } from "bank";\n'],
    ["in lines, with a comment among them", 'import {\n  // The bank\'s "own".\n  pay,\n} from "bank";\n'],
    ["with all of its module", 'import * as bank from "bank";\n'],
    ["by a path within it", 'import { pay } from "bank/pay.js";\n'],
    ["for its effects", 'import "bank";\n'],
    ["to export it", 'export * from "bank";\n'],
    ["while it runs", 'const { pay } = await import("bank");\n'],
    ["within a type", 'type Pay = import("bank").Pay;\n'],
  ];
  for (const [how, text] of importing) {
    it(`sees a package that is imported ${how}`, () => {
      assert.deepEqual(said({ "src/a.ts": text }), [lacking("dependencies", "bank", "src/a.ts")]);
      assert.deepEqual(said({ "src/a.ts": text }, { dependencies: { bank: "1.0.0" } }), []);
    });
  }

  it("tells a scoped package by scope and name, and names each once", () => {
    const text = 'import { pay } from "@bank/pay/now.js";\n';
    const dependencies = { "@bank/refund": "1.0.0" };
    assert.deepEqual(said({ "src/a.ts": text, "src/b.ts": text }, { dependencies }), [
      lacking("dependencies", "@bank/pay", "src/a.ts"),
      `${page}: dependencies have @bank/refund, which nothing in ${folder}/src imports`,
    ]);
  });

  it("asks for no declaration of files, of modules of Node, and of the workspace itself", () => {
    const text = ["./pay.ts", "../pay.ts", "node:fs", "node:fs/promises", "@outlayer/planner"]
      .map((from) => `import { pay } from "${from}";\n`)
      .join("");
    assert.deepEqual(said({ "src/a.ts": text }, { name: "@outlayer/planner" }), []);
  });

  it("does not take what a comment or a text says for an import", () => {
    assert.deepEqual(said({ "src/a.ts": '// Taken from "bank".\nconst text = `pay from "bank"`;\n' }), []);
  });

  it("does not let src import what is declared for development, by the workspace or the root", () => {
    const text = 'import "bank";\nimport "mocha";\n';
    assert.deepEqual(said({ "src/a.ts": text }, { devDependencies: { bank: "1.0.0" } }), [
      lacking("dependencies", "bank", "src/a.ts"),
      lacking("dependencies", "mocha", "src/a.ts"),
    ]);
  });

  it("lets tests import that, and what src may import", () => {
    const files = {
      "src/a.ts": 'import "shop";\n',
      "test/a.test.ts": 'import "bank";\nimport "mocha";\nimport "shop";\n',
    };
    assert.deepEqual(said(files, { dependencies: { shop: "1.0.0" }, devDependencies: { bank: "1.0.0" } }), []);
    assert.deepEqual(said(files, { dependencies: { shop: "1.0.0" } }), [
      lacking("devDependencies", "bank", "test/a.test.ts"),
    ]);
  });

  it("names a dependency that only tests import, and a devDependency that nothing imports", () => {
    const manifest = { dependencies: { shop: "1.0.0" }, devDependencies: { bank: "1.0.0" } };
    assert.deepEqual(said({ "test/a.test.ts": 'import "shop";\n' }, manifest), [
      `${page}: dependencies have shop, which nothing in ${folder}/src imports`,
      `${page}: devDependencies have bank, which nothing in ${folder} imports`,
    ]);
  });

  it("wants all packages of a workspace that only development runs among devDependencies", () => {
    const files = { "src/a.ts": 'import "bank";\n' };
    assert.deepEqual(said(files, { devDependencies: { bank: "1.0.0" } }, "devnet"), []);
    assert.deepEqual(said(files, { dependencies: { bank: "1.0.0" } }, "devnet"), [
      "devnet/package.json: devDependencies lack bank, which devnet/src/a.ts imports",
    ]);
  });
});

describe("reading the workspaces", () => {
  let repository: string;
  beforeEach(() => {
    repository = mkdtempSync(join(tmpdir(), "lint-test-"));
  });
  afterEach(() => rmSync(repository, { recursive: true }));

  it("finds those that the root lists, with the TypeScript files that are theirs", () => {
    for (const [path, text] of [
      ["packages/kit/package.json", '{ "name": "kit" }'],
      ["packages/kit/src/gen/a_pb.ts", "a"],
      ["packages/kit/test/a.test.ts", "b"],
      ["packages/kit/README.md", "c"],
      ["packages/kit/node_modules/bank/index.ts", "d"],
      ["devnet/package.json", "{}"],
      ["bench/package.json", "{}"],
    ] as const) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    }
    assert.deepEqual(readWorkspaces(repository, { workspaces: ["packages/*", "devnet"] }), [
      { folder: "devnet", manifest: {}, files: new Map() },
      {
        folder: "packages/kit",
        manifest: { name: "kit" },
        files: new Map([
          ["packages/kit/src/gen/a_pb.ts", "a"],
          ["packages/kit/test/a.test.ts", "b"],
        ]),
      },
    ]);
  });
});

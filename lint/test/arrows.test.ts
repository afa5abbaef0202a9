import assert from "node:assert/strict";
import { checkArrows } from "../arrows.ts";
import { treeOf } from "./trees.ts";

const arrows = "# Comment -> nothing\n* core ->\nplanner core/plan -> config.ts\n";
const importing = (path: string, specifier: string) =>
  checkArrows(
    treeOf({
      "lint/arrows.txt": arrows,
      "services/planner/src/core/plan/a.ts": "",
      [path]: `import { b } from "${specifier}";\n`,
    }),
  );

describe("the check of arrows between folders", () => {
  const allowed: readonly (readonly [string, string, string])[] = [
    ["a file of the same folder", "services/planner/src/core/a.ts", "./b.ts"],
    ["a folder within", "services/planner/src/core/a.ts", "./plan/b.ts"],
    ["a package", "services/planner/src/core/a.ts", "@outlayer/near"],
    ["what the line names", "services/planner/src/core/plan/a.ts", "../../config.ts"],
    ["anything from a folder without a line", "services/planner/src/rpc/a.ts", "../adapters/b.ts"],
  ];
  for (const [name, path, specifier] of allowed) {
    it(`allows ${name}`, () => assert.deepEqual(importing(path, specifier), []));
  }

  it("refuses what the line does not name, with file, folder and target", () => {
    assert.deepEqual(importing("services/planner/src/core/a.ts", "../adapters/b.ts"), [
      "services/planner/src/core/a.ts: core may not import adapters/b.ts (lint/arrows.txt)",
    ]);
  });

  it("goes by the deepest folder that has a line", () => {
    assert.deepEqual(importing("services/planner/src/core/plan/a.ts", "../b.ts"), [
      "services/planner/src/core/plan/a.ts: core/plan may not import core/b.ts (lint/arrows.txt)",
    ]);
  });

  it("holds a line of every service to each of them", () => {
    assert.equal(importing("services/evidence/src/core/a.ts", "../rpc/b.ts").length, 1);
  });

  it("does not let a folder pass whose name only begins like one that is allowed", () => {
    assert.equal(importing("services/planner/src/core/plan/a.ts", "../../config.ts.old/b.ts").length, 1);
  });

  it("sees an import that is made while it runs", () => {
    const tree = treeOf({
      "lint/arrows.txt": "* core ->\n",
      "services/planner/src/core/a.ts": 'const b = await import("../rpc/b.ts");\n',
    });
    assert.equal(checkArrows(tree).length, 1);
  });

  it("names a line for a folder that is not there", () => {
    const tree = treeOf({ "lint/arrows.txt": "planner shell ->\n", "services/planner/src/core/a.ts": "" });
    assert.deepEqual(checkArrows(tree), ["lint/arrows.txt: there is no folder shell of planner"]);
  });

  const between = (specifier: string, lines = "packages kit -> contracts/google\n") =>
    checkArrows(
      treeOf({ "lint/arrows.txt": lines, "packages/kit/src/rpc/a.ts": `import { b } from "${specifier}";\n` }),
    );

  it("allows a package the packages and folders of one that its line names, and files of its own", () => {
    assert.deepEqual(between("@outlayer/contracts/google/rpc/error_details"), []);
    assert.deepEqual(between("../b.ts"), []);
    assert.deepEqual(between("pino"), []);
  });

  it("refuses a package every other one, also another folder of one that is allowed in part", () => {
    for (const target of ["workflow", "contracts/outlayer/evidence/v1/event"]) {
      assert.deepEqual(between(`@outlayer/${target}`), [
        `packages/kit/src/rpc/a.ts: package kit may not import @outlayer/${target} (lint/arrows.txt)`,
      ]);
    }
  });

  it("asks for a line of every package, and for a package of every line", () => {
    assert.deepEqual(between("../b.ts", "packages old ->\n"), [
      "lint/arrows.txt: there is no package old",
      "packages/kit/src/rpc/a.ts: package kit has no line in lint/arrows.txt",
    ]);
  });
});

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
});

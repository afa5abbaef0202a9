import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const proto = fileURLToPath(new URL("../../../proto/outlayer/", import.meta.url));

describe("a pattern of a contract", () => {
  it("is of classes with counts alone, for the engine that matches it goes back", () => {
    const texts = globSync("**/*.proto", { cwd: proto }).map((name) => readFileSync(`${proto}${name}`, "utf8"));
    const patterns = new Set(texts.flatMap((text) => [...text.matchAll(/pattern = "([^"]*)"/g)].map(([, it]) => it)));
    assert.ok(patterns.size > 5, "they are found");
    // One class at a time: no group is repeated, and none begins where another can end.
    const counted = String.raw`(?:0|\[[^\]]+\])(?:\*|\{\d+(?:,\d+)?\})?`;
    const linear = new RegExp(String.raw`^\^\(?(?:0\|)?(?:\[[^\]]+\])?${counted}(?:\)\??)?\$$`);
    for (const pattern of patterns) assert.match(pattern ?? "", linear);
    for (const slow of ["^(a+)+$", "^[a-z]*[a-z]*$", "^([a-z]*)*$", "^(a|a)*$"]) assert.doesNotMatch(slow, linear);
  });
});

import assert from "node:assert/strict";
import { checkRulesPage } from "../docs/rules-page.ts";
import { changed, cite, sound, testPath, treeOf } from "./trees.ts";

const page = "docs/rules.md";
const at = "docs/rules.md:2: rule paid-once";
const atTest = "docs/rules.md:6: rule paid-once";

describe("the page of rules", () => {
  it("has nothing wrong where every rule says what holds and why, and names its test", () => {
    assert.deepEqual(checkRulesPage(treeOf(sound)), []);
  });

  it("has to be there", () => {
    assert.deepEqual(checkRulesPage(treeOf({})), ["docs/rules.md: there is no such page"]);
  });

  const rows: readonly (readonly [name: string, from: string, to: string, problem: string])[] = [
    [
      "no name of several words",
      "paid-once",
      "Once",
      "docs/rules.md:2: rule Once is not named by words in lower case joined by hyphens",
    ],
    ["nothing that holds", "A payment is made once.\n", "", `${at} does not say what holds`],
    ["no reason", "Why: nobody", "Nobody", `${at} does not say why`],
    ["more than five lines", "Why:", "And.\nAnd.\nAnd.\nAnd.\nWhy:", `${at} takes 6 lines, more than 5`],
    ["no test", "- Test:", "See", `${at} names no test`],
    [
      "a test that is no link",
      `[${testPath}](../${testPath})`,
      testPath,
      `${atTest} names its test in another form than "- Test: [path](../path): title"`,
    ],
    [
      "a test under another name than it leads to",
      `[${testPath}]`,
      "[test/a.test.ts]",
      `${atTest} names test/a.test.ts and leads to ${testPath}`,
    ],
  ];
  for (const [name, from, to, problem] of rows) {
    it(`may have no rule with ${name}`, () => assert.ok(checkRulesPage(changed(page, from, to)).includes(problem)));
  }

  it("may have no rule twice", () => {
    const twice = `${sound[page]}${sound[page]?.slice("# Rules\n".length)}`;
    assert.deepEqual(checkRulesPage(treeOf({ ...sound, [page]: twice })), [
      "docs/rules.md:7: rule paid-once stands here a second time",
    ]);
  });
});

describe("the test that a rule names", () => {
  const missing = [`${atTest} names the test "pays once", which ${testPath} does not have`];
  const withTest = (source: string) => checkRulesPage(treeOf({ ...sound, [testPath]: source }));

  it("may say behind its title which rules it holds", () => {
    assert.deepEqual(withTest(`  it("pays once (${cite("paid-once")}, ${cite("told-once")})", () => {});`), []);
  });

  it("may be a template", () => {
    assert.deepEqual(withTest("  it(`pays once`, () => {});"), []);
  });

  for (const [what, source] of [
    ["is not in the file", '  it("pays", () => {});'],
    ["is a part of another title only", '  it("pays once and again", () => {});'],
    ["stands in a comment only", '  // it("pays once", () => {});\n  /* "pays once" */\n  * "pays once"'],
    ["is skipped", '  it.skip("pays once", () => {});'],
  ] as const) {
    it(`is missing where it ${what}`, () => assert.deepEqual(withTest(source), missing));
  }

  it("is looked for in a file that exists", () => {
    const { [testPath]: _, ...others } = sound;
    assert.deepEqual(checkRulesPage(treeOf(others)), [`${atTest} names ${testPath}, which does not exist`]);
  });

  it("is looked for among the tests only", () => {
    const elsewhere = sound[page]?.replaceAll(testPath, "src/pay.ts") ?? "";
    assert.deepEqual(checkRulesPage(treeOf({ ...sound, [page]: elsewhere })), [
      `${atTest} names src/pay.ts, which is no test`,
    ]);
  });
});

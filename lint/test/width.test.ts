import assert from "node:assert/strict";
import { checkWidth } from "../docs/width.ts";
import { treeOf } from "./trees.ts";

const wide = `${"word ".repeat(24)}w`;
const problems = (text: string, path = "docs/page.md") => checkWidth(treeOf({ [path]: text }));

describe("the check of pages' width", () => {
  it("names a line of prose of 121 characters, and none of 120", () => {
    assert.deepEqual(problems(`# Page\n\n${wide}\n`), [
      "docs/page.md:3: 121 characters, a line of prose has at most 120",
    ]);
    assert.deepEqual(problems(wide.slice(1)), []);
  });

  it("names an item of a list, and prose behind a block of code", () => {
    assert.equal(problems(`- ${wide}`).length, 1);
    assert.equal(problems(`\`\`\`\n${wide}\n\`\`\`\n${wide}\n`).length, 1);
  });

  for (const [what, text] of [
    ["rows of tables", `| ${wide} |`],
    ["code", `\`\`\`sh\n${wide}\n\`\`\``],
    ["lines with a link", `${wide} [a](b.md)`],
    ["lines with an address", `${wide} https://example.com/`],
    ["headings", `## ${wide}`],
    ["characters that take two code units", "𝒳".repeat(120)],
  ] as const) {
    it(`lets ${what} be`, () => assert.deepEqual(problems(text), []));
  }

  it("judges pages alone", () => assert.deepEqual(problems(wide, "src/a.ts"), []));
});

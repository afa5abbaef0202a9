import assert from "node:assert/strict";
import { checkCitations } from "../docs/citations.ts";
import { changed, cite, sound, treeOf } from "./trees.ts";

const withFile = (path: string, text: string) => checkCitations(treeOf({ ...sound, [path]: text }));
/** The former way to cite. */
const numbered = (...numbers: number[]) => `decision${numbers.length > 1 ? "s" : ""} ${numbers.join(" and ")}`;

describe("a citation of a rule", () => {
  it("has nothing wrong where the rule is on the page", () => {
    assert.deepEqual(checkCitations(treeOf(sound)), []);
  });

  for (const path of ["src/a.ts", "docs/a.md", "docs/adr/0001-a.md", "proto/a.proto", "dev", "test/a.test.ts"]) {
    it(`fails in ${path} where the page does not have the rule`, () => {
      assert.deepEqual(withFile(path, `\n\n// so it is (${cite("paid-twice")})`), [
        `${path}:3: cites rule paid-twice, which docs/rules.md does not have`,
      ]);
    });
  }

  it("fails on the page itself where that does not have the rule", () => {
    assert.deepEqual(checkCitations(changed("docs/rules.md", "Why:", `See ${cite("paid-twice")}.\nWhy:`)), [
      "docs/rules.md:4: cites rule paid-twice, which docs/rules.md does not have",
    ]);
  });

  it("fails of each where a line has several", () => {
    const line = `// (${cite("one-a")}, ${cite("paid-once")}, ${cite("two-b")})`;
    assert.equal(withFile("src/a.ts", line).length, 2);
  });

  it("fails where its name is of one word, and says nothing of a sentence about some rule", () => {
    assert.equal(withFile("src/a.ts", `// (${cite("paid")})`).length, 1);
    assert.deepEqual(withFile("src/a.ts", `// NEAR's own ${cite("a key calls one contract")}`), []);
  });

  it("fails where its name is on the next line", () => {
    assert.deepEqual(withFile("src/a.ts", `/* so it is (${cite("")}\n * paid-once) */`), [
      "src/a.ts:1: a citation goes on one line",
    ]);
  });

  it("fails where it is by number, in any form", () => {
    for (const text of [numbered(4), numbered(9, 10), numbered(7).replace("d", "D")]) {
      const [problem] = withFile("src/a.ts", `// (${text})`);
      assert.match(problem ?? "", /^src\/a\.ts:1: cites "decisions? \d+": cite the rule by its name/i);
    }
  });

  it("may be by number in an ADR, which has the numbers of its day, and on the page that says what became of them", () => {
    assert.deepEqual(withFile("docs/adr/0001-a.md", numbered(4)), []);
    assert.deepEqual(checkCitations(changed("docs/rules.md", "# Rules", `# Rules\n${numbered(1)}`)), []);
  });
});

describe("a rule on the page", () => {
  it("fails where nothing cites it, its own page aside", () => {
    assert.deepEqual(checkCitations(changed("docs/rules.md", "Why:", `(${cite("paid-once")})\nWhy:`)), []);
    const text = `See ${cite("paid-once")}.`;
    const tree = treeOf({ "docs/rules.md": `${sound["docs/rules.md"]}${text}` });
    assert.deepEqual(checkCitations(tree), ["docs/rules.md:2: nothing cites rule paid-once"]);
  });
});

import assert from "node:assert/strict";
import { checkLinks } from "../docs/links.ts";
import { treeOf } from "./trees.ts";

const pages = {
  "README.md": "# Pay\n\n## Pay `once`, and more\n\n## Again\n\n## Again\n",
  "docs/gate.md": "# The gate\n",
  "src/pay.ts": "",
};
const inPage = (text: string) => checkLinks(treeOf({ ...pages, "docs/a.md": text }));

describe("a link in a page", () => {
  for (const link of [
    "[a](gate.md)",
    "[a](./gate.md#the-gate)",
    "[a](../README.md#pay-once-and-more)",
    "[a](../README.md#again-1)",
    "[a](../src/pay.ts)",
    "[a](../src)",
    "[a](..)",
    "[a](/README.md)",
    "[a](#own)",
    "[a](https://near.org/none.md#none)",
    "[a](mailto:a@near.org)",
    '[a](gate.md "with a title")',
  ]) {
    it(`leads somewhere: ${link}`, () => assert.deepEqual(inPage(`# Own\n\n${link}`), []));
  }

  const nowhere: readonly (readonly [link: string, to: string, problem: string])[] = [
    ["[a](none.md)", "none.md", "there is no docs/none.md"],
    ["[a](../docs/none/)", "../docs/none/", "there is no docs/none"],
    ["[a](../../README.md)", "../../README.md", "there is no ../README.md"],
    ["[a](#none)", "#none", "docs/a.md has no heading #none"],
    ["[a](gate.md#none)", "gate.md#none", "docs/gate.md has no heading #none"],
    ["[a](../README.md#again-2)", "../README.md#again-2", "README.md has no heading #again-2"],
    ["[a](../src/pay.ts#pay)", "../src/pay.ts#pay", "src/pay.ts has no heading #pay"],
    ["[a]: none.md", "none.md", "there is no docs/none.md"],
  ];
  for (const [link, to, problem] of nowhere) {
    it(`fails where it leads nowhere: ${link}`, () => {
      assert.deepEqual(inPage(`# Own\n\n${link}`), [`docs/a.md:3: the link to ${to} leads nowhere: ${problem}`]);
    });
  }

  it("is none in code", () => {
    assert.deepEqual(inPage("`[a](none)`\n\n```\n[a](none)\n# Own\n```\n"), []);
    assert.equal(inPage("```\n# Own\n```\n[a](#own)").length, 1, "a heading in code is none either");
  });
});

describe("a page that is named without a link", () => {
  for (const [path, text] of [
    ["src/a.ts", "/** Source: gate.md, as docs/gate.md says; and https://near.org/none.md */"],
    ["docs/b.md", "See ../README.md and `gate.md`."],
  ] as const) {
    it(`is in the repository: ${path}`, () => assert.deepEqual(checkLinks(treeOf({ ...pages, [path]: text })), []));
  }

  for (const path of ["src/a.ts", "docs/b.md", "proto/a.proto"]) {
    it(`fails in ${path} where it is not`, () => {
      const [problem, ...more] = checkLinks(treeOf({ ...pages, [path]: "// Source: verifier.md" }));
      assert.equal(problem, `${path}:1: names verifier.md, which is not in the repository`);
      assert.deepEqual(more, []);
    });
  }
});

describe("code that a page names", () => {
  const naming = (text: string, path = "docs/b.md") => checkLinks(treeOf({ ...pages, [path]: text }));

  it("is in the repository, by its path or the end of it", () => {
    assert.deepEqual(
      naming("`src/pay.ts`, `pay.ts`, ../src/pay.ts, `*.ts`, `p*.ts`, https://near.org/none.ts and .ts"),
      [],
    );
  });

  for (const [name, text] of [
    ["src/none.ts", "See `src/none.ts`."],
    ["other/pay.ts", "See other/pay.ts"],
    ["ay.ts", "(`ay.ts`)"],
    ["none.proto", "```\nnone.proto\n```"],
  ] as const) {
    it(`fails where it is not: ${name}`, () => {
      const line = text.startsWith("```") ? 2 : 1;
      assert.deepEqual(naming(text), [`docs/b.md:${line}: names ${name}, which is not in the repository`]);
    });
  }

  it("is not looked for in code, whose imports the compiler checks", () => {
    assert.deepEqual(naming('import "./none.ts";', "src/b.ts"), []);
  });
});

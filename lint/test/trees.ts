import type { Tree } from "../docs/tree.ts";

/** A repository of these files, with the folders in which they lie. */
export function treeOf(files: Readonly<Record<string, string>>): Tree {
  const paths = new Set<string>();
  for (const path of Object.keys(files)) {
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) paths.add(path.slice(0, end));
  }
  return { paths, texts: new Map(Object.entries(files)) };
}

/** As a comment cites a rule. */
export const cite = (name: string) => `rule: ${name}`;

export const testPath = "test/pay.test.ts";

/** Keeps every rule: one rule, its test, a citation. */
export const sound: Readonly<Record<string, string>> = {
  "docs/rules.md": [
    "# Rules",
    "## paid-once",
    "A payment is made once.",
    "Why: nobody pays twice.",
    "",
    `- Test: [${testPath}](../${testPath}): pays once`,
    "",
  ].join("\n"),
  [testPath]: '  it("pays once", () => {});\n',
  "src/pay.ts": `// Sent again as it is (${cite("paid-once")}).\n`,
};

/** The same with one text replaced in one file. */
export function changed(path: string, from: string, to: string): Tree {
  const text = sound[path] ?? "";
  if (!text.includes(from)) throw new Error(`${path} does not have ${from}`);
  return treeOf({ ...sound, [path]: text.replace(from, to) });
}

import type { Tree } from "./tree.ts";

export const rulesPath = "docs/rules.md";

/** Lines that a rule may take: what holds, and why. */
const longest = 5;
const nameForm = /^[a-z0-9]+(?:-[a-z0-9]+)+$/;
const testForm = /^- Test: \[([^\]]+)\]\(\.\.\/([^)]+)\): (.+)$/;

/** What the page says of one rule: under the heading `## name`, lines of prose, `Why: …`, and `- Test: [path](../path): title`. */
interface Rule {
  readonly name: string;
  readonly line: number;
  readonly prose: readonly string[];
  readonly tests: readonly { readonly line: number; readonly text: string }[];
}

export function readRules(page: string): readonly Rule[] {
  const lines = page.split("\n");
  const starts = lines.flatMap((line, index) => (line.startsWith("## ") ? [index] : []));
  return starts.map((start, index) => {
    const body = lines.slice(start + 1, starts[index + 1]).flatMap((text, offset) => {
      return text.trim() === "" ? [] : [{ line: start + offset + 2, text }];
    });
    const isTest = ({ text }: { text: string }) => text.startsWith("- Test:");
    return {
      name: lines[start]?.slice(3).trim() ?? "",
      line: start + 1,
      prose: body.filter((line) => !isTest(line)).map(({ text }) => text),
      tests: body.filter(isTest),
    };
  });
}

/** Problems of the page itself: each rule says what holds and why, and names a test that is there. */
export function checkRulesPage({ texts }: Tree): readonly string[] {
  const page = texts.get(rulesPath);
  if (page === undefined) return [`${rulesPath}: there is no such page`];
  const rules = readRules(page);
  return rules.flatMap(({ name, line, prose, tests }, index) => {
    const at = `${rulesPath}:${line}: rule ${name}`;
    const problems: string[] = [];
    if (!nameForm.test(name)) problems.push(`${at} is not named by words in lower case joined by hyphens`);
    if (rules.findIndex((other) => other.name === name) !== index) problems.push(`${at} stands here a second time`);
    if (!prose.some((text) => !text.startsWith("Why:"))) problems.push(`${at} does not say what holds`);
    if (!prose.some((text) => text.startsWith("Why:"))) problems.push(`${at} does not say why`);
    if (prose.length > longest) problems.push(`${at} takes ${prose.length} lines, more than ${longest}`);
    if (tests.length === 0) problems.push(`${at} names no test`);
    return problems.concat(
      tests.flatMap((test) => checkTest(test.text, `${rulesPath}:${test.line}: rule ${name}`, texts)),
    );
  });
}

function checkTest(text: string, at: string, texts: Tree["texts"]): readonly string[] {
  const [, label, path = "", title = ""] = testForm.exec(text) ?? [];
  if (label === undefined) return [`${at} names its test in another form than "- Test: [path](../path): title"`];
  if (label !== path) return [`${at} names ${label} and leads to ${path}`];
  if (!path.endsWith(".test.ts")) return [`${at} names ${path}, which is no test`];
  const source = texts.get(path);
  if (source === undefined) return [`${at} names ${path}, which does not exist`];
  return hasTitle(source, title) ? [] : [`${at} names the test "${title}", which ${path} does not have`];
}

/** Whether some line of code, not a comment, holds exactly this title, citations behind it aside. */
function hasTitle(source: string, title: string): boolean {
  const literal = title.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const form = new RegExp(`(["'\`])${literal}(?: \\(rule: [a-z0-9-]+(?:, rule: [a-z0-9-]+)*\\))?\\1`);
  return source.split("\n").some((line) => form.test(line) && !/^\s*(?:\/\/|\/?\*)|\.skip\(/.test(line));
}

import { readRules, rulesPath } from "./rules-page.ts";
import type { Tree } from "./tree.ts";

/** Names have a hyphen. A word without one is taken for a citation where the sentence ends with it, and not in "the rule: …". */
const citation = /\brule: ([a-z0-9]+(?:-[a-z0-9]+)+|[a-z0-9]+(?=[),;.`]))/g;
/** The name would stand on the next line, where nobody finds it who searches for the citation. */
const brokenCitation = /\brule:\s*$/;
const byNumber = /\bdecisions? \d+/gi;
const prose = /\.(?:ts|md|proto)$/;
/** They say what was decided when, in the numbers of their day. */
const mayNumber = (path: string) => path === rulesPath || path.startsWith("docs/adr/");

/** Problems of citations: each citation is of a rule on the page, each rule is cited, and none by its former number. */
export function checkCitations({ texts }: Tree): readonly string[] {
  const rules = readRules(texts.get(rulesPath) ?? "");
  const known = new Set(rules.map(({ name }) => name));
  const cited = new Set<string>();
  const problems: string[] = [];
  for (const [path, text] of texts) {
    text.split("\n").forEach((line, index) => {
      const at = `${path}:${index + 1}`;
      for (const [, name = ""] of line.matchAll(citation)) {
        if (path !== rulesPath) cited.add(name);
        if (!known.has(name)) problems.push(`${at}: cites rule ${name}, which ${rulesPath} does not have`);
      }
      if (prose.test(path) && brokenCitation.test(line)) problems.push(`${at}: a citation goes on one line`);
      if (mayNumber(path)) return;
      for (const [number] of line.matchAll(byNumber)) {
        problems.push(`${at}: cites "${number}": cite the rule by its name, as in ${rulesPath}`);
      }
    });
  }
  for (const { name, line } of rules) {
    if (!cited.has(name)) problems.push(`${rulesPath}:${line}: nothing cites rule ${name}`);
  }
  return problems;
}

import { readRules, rulesPath } from "./rules-page.ts";
import type { Tree } from "./tree.ts";

/** Names have a hyphen. A word without one is taken for a citation where the sentence ends with it, and not in "the rule: …". */
const citation = /\brule: ([a-z0-9]+(?:-[a-z0-9]+)+|[a-z0-9]+(?=[),;.`]))/g;
/** The name would stand on the next line, where nobody finds it who searches for the citation. */
const brokenCitation = /\brule:\s*$/;
const prose = /\.(?:ts|md|proto)$/;

/** Problems of citations: each citation is of a rule on the page. */
export function checkCitations({ texts }: Tree): readonly string[] {
  const known = new Set(readRules(texts.get(rulesPath) ?? "").map(({ name }) => name));
  const problems: string[] = [];
  for (const [path, text] of texts) {
    text.split("\n").forEach((line, index) => {
      const at = `${path}:${index + 1}`;
      for (const [, name = ""] of line.matchAll(citation)) {
        if (!known.has(name)) problems.push(`${at}: cites rule ${name}, which ${rulesPath} does not have`);
      }
      if (prose.test(path) && brokenCitation.test(line)) problems.push(`${at}: a citation goes on one line`);
    });
  }
  return problems;
}

import { checkArrows } from "../arrows.ts";
import { checkExports } from "../exports.ts";
import { checkCitations } from "./citations.ts";
import { checkLinks } from "./links.ts";
import { checkRulesPage } from "./rules-page.ts";
import { readTree } from "./tree.ts";
import { checkWidth } from "./width.ts";

const tree = readTree(process.argv[2] ?? ".");
const checks = [checkRulesPage, checkCitations, checkLinks, checkWidth, checkArrows, checkExports];
const problems = checks.flatMap((check) => check(tree));
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { releaseEntries } from "./changelog.ts";
import { Refused } from "./refused.ts";
import { isGreater, lockWithVersion, parseVersion, withVersion, workspacesOf } from "./versions.ts";

const usage = `usage: ./dev release X.Y.Z

Moves what CHANGELOG.md has under "Unreleased" under the version, sets it in every package.json and in the lock file,
commits that, and makes the annotated tag vX.Y.Z. Pushes nothing. Run .ci/run before.
`;

function git(args: readonly string[], input?: string): string {
  // What git says against it becomes the error's message.
  return execFileSync("git", args, { encoding: "utf8", stdio: "pipe", ...(input === undefined ? {} : { input }) });
}

/** @throws Refused before anything has changed */
function release(text: string): void {
  const version = parseVersion(text);
  if (version === undefined) throw new Refused(`${text} is no version X.Y.Z`);
  const tag = `v${text}`;
  if (git(["status", "--porcelain"]) !== "") throw new Refused("the working tree is not clean");
  if (git(["tag", "--list", tag]) !== "") throw new Refused(`there is a tag ${tag} already`);

  const lock = readFileSync("package-lock.json", "utf8");
  const manifests = workspacesOf(lock).map((folder) => {
    const path = join(folder, "package.json");
    return { path, text: readFileSync(path, "utf8") };
  });
  const current = String(JSON.parse(readFileSync("package.json", "utf8")).version);
  const currentNumbers = parseVersion(current);
  if (currentNumbers === undefined || !isGreater(version, currentNumbers))
    throw new Refused(`${text} is not greater than ${current}, the version in package.json`);
  const changelog = readFileSync("CHANGELOG.md", "utf8");
  const { page, entries } = releaseEntries(changelog, text, new Date().toISOString().slice(0, 10));

  const names = new Set(manifests.map((manifest) => String(JSON.parse(manifest.text).name)));
  const files = [
    { path: "CHANGELOG.md", before: changelog, after: page },
    { path: "package-lock.json", before: lock, after: lockWithVersion(lock, text, names) },
    ...manifests.map(({ path, text: before }) => ({ path, before, after: withVersion(before, text, names) })),
  ];
  const paths = files.map(({ path }) => path);
  try {
    for (const { path, after } of files) writeFileSync(path, after);
    git(["commit", "--quiet", "--message", `release: ${text}`, "--", ...paths]);
  } catch (error) {
    for (const { path, before } of files) writeFileSync(path, before);
    throw error;
  }
  // Verbatim: headings of the changelog would be taken for comments.
  git(["tag", "--annotate", "--cleanup=verbatim", "--file=-", tag], `release: ${text}\n\n${entries}\n`);
  process.stdout.write(`${tag} is committed and tagged; to publish it: git push --follow-tags\n`);
}

const [text, ...more] = process.argv.slice(2);
if (text === undefined || more.length > 0 || text.startsWith("-")) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  try {
    release(text);
  } catch (error) {
    process.stderr.write(`no release: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

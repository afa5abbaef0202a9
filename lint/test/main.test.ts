import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cite, sound } from "./trees.ts";

const main = fileURLToPath(new URL("../docs/main.ts", import.meta.url));

describe("the check of rules and links", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "lint-test-"));
    for (const [path, text] of Object.entries(sound)) write(path, text);
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const run = () => spawnSync(process.execPath, [main, root], { encoding: "utf8" });

  it("passes a repository that keeps them, and reads no file that is not ours", () => {
    const broken = `(${cite("no-such-rule")}) [a](none.md)`;
    for (const path of ["node_modules/a/README.md", ".git/a.md", "test/fixtures/a.md", "lint/test/a.md"])
      write(path, broken);
    const { status, stderr } = run();
    assert.deepEqual([status, stderr], [0, ""]);
  });

  it("fails with a line for each problem, whichever check found it", () => {
    write("src/a.ts", `// (${cite("no-such-rule")})`);
    write("README.md", "[a](none.md)");
    write("test/pay.test.ts", "");
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.deepEqual(stderr.trimEnd().split("\n").sort(), [
      "README.md:1: the link to none.md leads nowhere: there is no none.md",
      'docs/rules.md:6: rule paid-once names the test "pays once", which test/pay.test.ts does not have',
      "src/a.ts:1: cites rule no-such-rule, which docs/rules.md does not have",
    ]);
  });
});

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
const root = { name: "product", version: "0.9.0", workspaces: ["packages/*"], devDependencies: { mocha: "0.9.0" } };
const near = { name: "@product/near", version: "0.9.0" };
const kit = { name: "@product/kit", version: "0.9.0", dependencies: { "@product/near": "0.9.0", pino: "0.9.0" } };
const pino = { version: "0.9.0", resolved: "https://registry.example/pino.tgz" };

const tree: Readonly<Record<string, string>> = {
  "package.json": json(root),
  "packages/near/package.json": json(near),
  "packages/kit/package.json": json(kit),
  "package-lock.json": json({
    name: "product",
    version: "0.9.0",
    lockfileVersion: 3,
    packages: {
      "": root,
      "node_modules/@product/near": { resolved: "packages/near", link: true },
      "node_modules/pino": pino,
      "packages/kit": kit,
      "packages/near": near,
      "packages/near/node_modules/pino": pino,
    },
  }),
  "CHANGELOG.md":
    "# Changelog\n\n## Unreleased\n\n### Added\n- A release.\n\n## 0.9.0 - 2026-01-02\n\n### Added\n- A start.\n",
};

describe("./dev release", () => {
  let repository: string;
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: string[]) => execFileSync("git", args, { cwd: repository, env: environment, encoding: "utf8" });
  const read = (path: string) => readFileSync(join(repository, path), "utf8");
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  };
  const commit = () => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "some work");
  };
  const release = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], { cwd: repository, env: environment, encoding: "utf8" });

  beforeEach(() => {
    repository = mkdtempSync(join(tmpdir(), "release-test-"));
    git("init", "--quiet");
    git("config", "user.name", "A Tester");
    git("config", "user.email", "tester@example.com");
    for (const [path, text] of Object.entries(tree)) write(path, text);
    commit();
  });
  afterEach(() => rmSync(repository, { recursive: true }));

  /** That everything is as it was: commits, tags and files. */
  function assertRefused(args: readonly string[], message: RegExp, status = 1): void {
    const state = () => [git("rev-parse", "HEAD"), git("tag"), git("status", "--porcelain"), git("diff", "HEAD")];
    const before = state();
    const answer = release(...args);
    assert.match(answer.stderr, message);
    assert.equal(answer.status, status);
    assert.deepEqual(state(), before);
  }

  it("sets the version wherever the product's own packages stand, and nowhere else", () => {
    assert.deepEqual([release("1.0.0").status, git("status", "--porcelain")], [0, ""]);
    const released = { ...kit, version: "1.0.0", dependencies: { "@product/near": "1.0.0", pino: "0.9.0" } };
    assert.equal(read("package.json"), json({ ...root, version: "1.0.0" }));
    assert.equal(read("packages/near/package.json"), json({ ...near, version: "1.0.0" }));
    assert.equal(read("packages/kit/package.json"), json(released));
    const lock = JSON.parse(read("package-lock.json"));
    assert.equal(lock.version, "1.0.0");
    assert.deepEqual(lock.packages, {
      "": { ...root, version: "1.0.0" },
      "node_modules/@product/near": { resolved: "packages/near", link: true },
      "node_modules/pino": pino,
      "packages/kit": released,
      "packages/near": { ...near, version: "1.0.0" },
      "packages/near/node_modules/pino": pino,
    });
  });

  it("moves what is unreleased under the version with the day, and leaves an empty section above", () => {
    const days = () => new Date().toISOString().slice(0, 10);
    const before = days();
    assert.equal(release("0.10.0").status, 0);
    const page = (day: string) => tree["CHANGELOG.md"]?.replace("Unreleased", `Unreleased\n\n## 0.10.0 - ${day}`);
    assert.ok([page(before), page(days())].includes(read("CHANGELOG.md")), read("CHANGELOG.md"));
  });

  it("makes one commit and an annotated tag that says what changed", () => {
    const parent = git("rev-parse", "HEAD");
    assert.equal(release("0.9.1").status, 0);
    assert.equal(git("log", "-1", "--format=%s"), "release: 0.9.1\n");
    assert.equal(git("rev-parse", "HEAD~1"), parent);
    assert.equal(git("cat-file", "-t", "v0.9.1"), "tag\n");
    assert.equal(git("rev-parse", "v0.9.1^{commit}"), git("rev-parse", "HEAD"));
    assert.equal(git("tag", "--list", "--format=%(contents)").trim(), "release: 0.9.1\n\n### Added\n- A release.");
  });

  it("takes the next version once there are new entries", () => {
    assert.equal(release("1.0.0").status, 0);
    assertRefused(["1.0.1"], /CHANGELOG.md has no entries under "Unreleased"/);
    write("CHANGELOG.md", read("CHANGELOG.md").replace("## Unreleased\n", "## Unreleased\n\n- A repair.\n"));
    commit();
    assert.equal(release("1.0.1").status, 0);
    assert.match(read("CHANGELOG.md"), /## Unreleased\n\n## 1\.0\.1 - \S+\n\n- A repair\.\n\n## 1\.0\.0 - /);
  });

  it("refuses a tree with changes that are not committed, files that git does not know included", () => {
    write("packages/kit/new.ts", "");
    assertRefused(["1.0.0"], /the working tree is not clean/);
    rmSync(join(repository, "packages/kit/new.ts"));
    write("CHANGELOG.md", `${tree["CHANGELOG.md"]}- More.\n`);
    assertRefused(["1.0.0"], /the working tree is not clean/);
  });

  for (const version of ["0.9.0", "0.8.9", "0.0.10"]) {
    it(`refuses ${version}, which is not greater than 0.9.0`, () => {
      assertRefused([version], new RegExp(`${version} is not greater than 0.9.0`));
    });
  }

  for (const version of ["1.0", "v1.0.0", "1.0.0-rc.1", "01.0.0", "1.0.0 "]) {
    it(`refuses ${JSON.stringify(version)}, which is no version`, () => {
      assertRefused([version], /is no version X\.Y\.Z/);
    });
  }

  it("refuses a version whose tag is there", () => {
    git("tag", "v1.0.0");
    assertRefused(["1.0.0"], /there is a tag v1\.0\.0 already/);
  });

  for (const [what, page, message] of [
    ["no section", "# Changelog\n\n## 0.9.0 - 2026-01-02\n\n- A start.\n", /has no section/],
    ["no entries", "# Changelog\n\n## Unreleased\n\n### Added\n\n## 0.9.0\n\n- A start.\n", /has no entries/],
  ] as const) {
    it(`refuses a changelog with ${what} for what is unreleased`, () => {
      write("CHANGELOG.md", page);
      commit();
      assertRefused(["1.0.0"], message);
    });
  }

  it("says how it is used when it is not told one version", () => {
    assertRefused([], /^usage: /, 2);
    assertRefused(["1.0.0", "1.0.1"], /^usage: /, 2);
    assertRefused(["--help"], /^usage: /, 2);
  });

  it("leaves the files as they were when the commit is not taken", () => {
    write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    chmodSync(join(repository, ".git/hooks/pre-commit"), 0o755);
    assertRefused(["1.0.0"], /no release: /);
  });
});

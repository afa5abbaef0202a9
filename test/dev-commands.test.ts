import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const dev = fileURLToPath(new URL("../dev", import.meta.url));

describe("an option that a command does not have", () => {
  for (const command of ["bench", "bench gate", "bench stalls", "devnet", "migrate", "check", "format", "generate"]) {
    for (const option of ["--help", "--nonsense"]) {
      it(`has ./dev ${command} ${option} say how it is used, and do nothing`, () => {
        const { status, stdout, stderr } = spawnSync(dev, [...command.split(" "), option], { encoding: "utf8" });
        assert.deepEqual([status, stdout], [2, ""], stderr);
        assert.match(stderr, /^usage: \.\/dev /m);
        assert.doesNotMatch(stderr, /^ +at /m);
      }).timeout(60_000);
    }
  }
});

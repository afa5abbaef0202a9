import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "mocha";

const main = new URL("../../src/main.ts", import.meta.url).pathname;

/** Starts the process, hands over what it wrote into its ready file, and tells its exit code. */
async function run(
  flags: readonly string[],
  work: (ready: Record<string, unknown>, end: () => void) => Promise<void>,
  endBy: "SIGTERM" | "stdin",
) {
  const folder = mkdtempSync(join(tmpdir(), "devnet-"));
  const file = join(folder, "ready.json");
  const child = spawn(process.execPath, [main, "--ready-file", file, ...flags], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  try {
    await appeared(folder, file);
    const end = () => (endBy === "stdin" ? child.stdin.end() : child.kill(endBy));
    await work(JSON.parse(readFileSync(file, "utf8")), end);
    return (await exited)[0];
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
}

async function appeared(folder: string, file: string): Promise<void> {
  const watcher = watch(folder);
  try {
    if (existsSync(file)) return;
    for (;;) {
      await once(watcher, "change");
      if (existsSync(file)) return;
    }
  } finally {
    watcher.close();
  }
}

describe("the devnet as a process", () => {
  it("writes what it is into the ready file, and ends by SIGTERM", async () => {
    const code = await run(
      ["--block-time-ms", "20", "--seed", "test"],
      async (ready, end) => {
        assert.deepEqual(Object.keys(ready).toSorted(), [
          "accounts",
          "approver",
          "chain_id",
          "devnet_control",
          "gate_id",
          "gates",
          "keystore",
          "keystore_token",
          "near_rpc",
          "relayer",
          "verifier_id",
          "wallets",
          "wrapped_near_id",
        ]);
        const status = (await (await fetch(`${ready.near_rpc}/status`)).json()) as { chain_id: string };
        assert.equal(status.chain_id, ready.chain_id);
        end();
      },
      "SIGTERM",
    );
    assert.equal(code, 0);
  });

  it("has as many gates as are asked for, each with accounts of its own, and refuses what is no number", async () => {
    const code = await run(
      ["--block-time-ms", "manual", "--gates", "3"],
      async (ready, end) => {
        const gates = ready.gates as readonly {
          readonly gate_id: string;
          readonly relayer: { readonly account_id: string };
          readonly approver: { readonly account_id: string };
        }[];
        const accounts = gates.flatMap(({ gate_id, relayer, approver }) => [
          gate_id,
          relayer.account_id,
          approver.account_id,
        ]);
        assert.deepEqual([gates.length, new Set(accounts).size], [3, 9]);
        end();
      },
      "SIGTERM",
    );
    assert.equal(code, 0);
    for (const none of ["0", "1.5", "1001", "x"]) {
      const { status, stderr } = spawnSync(process.execPath, [main, "--gates", none], { encoding: "utf8" });
      assert.equal(status, 2);
      assert.match(stderr, new RegExp(`^${none} is no number of gates\\n`));
    }
  });

  it("ends with its parent where that is asked", async () => {
    const code = await run(["--block-time-ms", "manual", "--end-with-parent"], async (_, end) => end(), "stdin");
    assert.equal(code, 0);
  });

  it("refuses flags that it does not know", async () => {
    const child = spawn(process.execPath, [main, "--nonsense"], { stdio: ["ignore", "ignore", "pipe"] });
    let told = "";
    child.stderr.on("data", (chunk) => {
      told += chunk;
    });
    const [code] = await once(child, "close");
    assert.equal(code, 2);
    assert.match(told, /Unknown option '--nonsense'[\s\S]*--rpc-port/);
  });
});

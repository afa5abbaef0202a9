import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { dust } from "./support/steps.ts";

const main = fileURLToPath(new URL("../embedded/src/up.ts", import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: the file is what is tested
type Info = any;

interface Up {
  readonly child: ChildProcess;
  readonly info: Info;
  readonly output: () => string;
}

describe("./dev up", () => {
  const directory = mkdtempSync(join(tmpdir(), "up-test-"));
  after(() => rmSync(directory, { recursive: true }));

  async function up(name: string, ...more: string[]): Promise<Up> {
    const file = join(directory, name);
    const args = [
      "--disable-warning=ExperimentalWarning",
      main,
      "--port",
      "0",
      "--block-time-ms",
      "40",
      "--info-file",
      file,
      ...more,
    ];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    const info = await new Promise<Info>((resolve, reject) => {
      const watcher = watch(directory, () => {
        if (!existsSync(file)) return;
        watcher.close();
        resolve(JSON.parse(readFileSync(file, "utf8")));
      });
      child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
    });
    return { child, info, output: () => output };
  }

  function ended(child: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  it("runs twice side by side, carries workflows out, and ends all of it on SIGINT", async () => {
    const both = await Promise.all([up("one.json"), up("two.json")]);
    try {
      for (const { info } of both) {
        assert.equal(new Set(info.wallets.map((wallet: Info) => wallet.wallet_id)).size, 3);
        const services = ["broadcaster", "evidence", "gateway", "planner", "signer-proxy"];
        assert.deepEqual([Object.keys(info.grpc).sort(), Object.keys(info.http).sort()], [services, services]);
        for (const url of [info.rest, info.near_rpc, info.keystore, info.devnet_control])
          assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
        assert.deepEqual(
          [info.gate_id, info.relayer, info.approver],
          ["gate.sequential.near", "relayer.sequential.near", "approver.sequential.near"],
        );
        const response = await fetch(`${info.rest}/wallet/v1/workflows/execute`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${info.wallets[1].api_key}`,
            "content-type": "application/json",
            prefer: "wait=15",
          },
          body: JSON.stringify({ steps: [dust] }),
        });
        assert.equal(((await response.json()) as Info).status, "succeeded");
      }
      const [one, two] = both;
      assert.notEqual(one?.info.rest, two?.info.rest);
      const exits = both.map(({ child }) => ended(child));
      for (const { child } of both) child.kill("SIGINT");
      assert.deepEqual(await Promise.all(exits), [0, 0]);
      for (const { info, output } of both) {
        for (const url of [info.rest, info.near_rpc, info.keystore, info.devnet_control])
          await assert.rejects(fetch(url));
        assert.match(output(), /curl -s .*\/wallet\/v1\/workflows\/execute/);
      }
      assert.equal(existsSync(join(directory, "one.json")), false);
    } finally {
      for (const { child } of both) child.kill("SIGKILL");
    }
  }).timeout(40_000);

  it("serves the example's page, which REST lets in, and its wallet", async () => {
    const { child, info, output } = await up("example.json", "--examples");
    try {
      const config = (await (await fetch(`${info.example_page}/config.json`)).json()) as Info;
      assert.deepEqual([config.rest, config.near_rpc], [info.rest, info.near_rpc]);
      assert.equal((await fetch(config.wallet)).status, 200);
      const challenge = await fetch(`${info.rest}/wallet/v1/auth/challenge`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: info.example_page },
        body: JSON.stringify({ account_id: "mike.near" }),
      });
      assert.equal(challenge.headers.get("access-control-allow-origin"), info.example_page);
      assert.equal(((await challenge.json()) as Info).recipient, info.example_page);
      const exit = ended(child);
      child.kill("SIGINT");
      assert.equal(await exit, 0);
      assert.match(output(), new RegExp(`example page +${info.example_page}`));
      for (const url of [info.example_page, config.wallet]) await assert.rejects(fetch(url));
    } finally {
      child.kill("SIGKILL");
    }
  }).timeout(40_000);

  it("takes its devnet along when it is killed", async () => {
    const { child, info } = await up("killed.json");
    const exit = ended(child);
    child.kill("SIGKILL");
    await exit;
    const isGone = () =>
      fetch(info.near_rpc).then(
        () => false,
        () => true,
      );
    for (let tries = 0; tries < 200 && !(await isGone()); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await isGone(), true);
  });

  it("says what is wrong with its arguments and its environment, and names no value", async () => {
    const run = (args: readonly string[], environment: Record<string, string> = {}) => {
      const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
        env: { ...process.env, ...environment },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let problems = "";
      child.stderr?.on("data", (chunk) => (problems += chunk));
      return ended(child).then((code) => ({ code, problems }));
    };
    const port = await run(["--port", "many"]);
    assert.equal(port.code, 2);
    assert.match(port.problems, /--port must be an integer from 0 to 65535/);
    const foreign = await run(["--examples", "--near-rpc", "http://node", "--contracts", "none.json"]);
    assert.equal(foreign.code, 2);
    assert.match(foreign.problems, /--examples does not go with --near-rpc/);
    const file = join(directory, "never.json");
    const wrong = await run(["--port", "0", "--info-file", file], {
      INTENTS_DEADLINE_SECS: "soon",
      GATE_FEE_1_TO_3_YOCTO: "-1",
    });
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.problems,
      /INTENTS_DEADLINE_SECS must be an integer from 1 to 86400\n.*GATE_FEE_1_TO_3_YOCTO|GATE_FEE_1_TO_3_YOCTO must be a decimal integer\n.*INTENTS_DEADLINE_SECS/,
    );
    assert.doesNotMatch(wrong.problems, /soon|-1/);
  });

  it("does not start with a secret that can be guessed, and says which one", async () => {
    const args = [
      "--disable-warning=ExperimentalWarning",
      main,
      "--port",
      "0",
      "--info-file",
      join(directory, "no.json"),
    ];
    const env = { ...process.env, SERVICE_TOKEN: "a" };
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    const said = text(child.stderr);
    assert.equal(await ended(child), 1);
    assert.equal(await said, "configuration:\n  SERVICE_TOKEN must have at least 32 characters\n");
    assert.equal(existsSync(join(directory, "no.json")), false);
  }).timeout(30_000);
});

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { internalToken } from "./support/samples.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const loopback = { GRPC_BIND_ADDR: "127.0.0.1:0", HTTP_BIND_ADDR: "127.0.0.1:0", BIND_ADDR: "127.0.0.1:0" };

function run(environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

describe("the gateway's process", () => {
  it("serves until it is told to stop", async () => {
    const child = run({
      ...loopback,
      INTERNAL_WALLET_AUTH_TOKEN: internalToken,
      PLANNER_URL: "http://127.0.0.1:1",
      EVIDENCE_URL: "http://127.0.0.1:1",
    });
    const exited = once(child, "exit");
    assert.ok(child.stdout);
    const lines: { readonly [field: string]: unknown }[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(JSON.parse(line));
      if (lines.at(-1)?.msg === "ready") break;
    }
    const url = String(lines.find(({ rest }) => rest !== undefined)?.rest);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    const readiness = await fetch(`${url}/readyz`);
    const { message } = (await readiness.json()) as { message: string };
    // Nothing can be done without evidence.
    assert.equal(readiness.status, 503);
    assert.match(message, /evidence is (unknown|slow|away)$/);
    child.kill("SIGTERM");
    assert.deepEqual(await exited, [0, null]);
  });

  it("does not start without what it needs, and says everything that it needs", async () => {
    const child = run(loopback);
    assert.ok(child.stderr);
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.equal(code, 1);
    assert.match(
      said,
      /INTERNAL_WALLET_AUTH_TOKEN .*is required\n {2}PLANNER_URL is required\n {2}EVIDENCE_URL is required/,
    );
  });
});

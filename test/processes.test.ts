import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Devnet, startDevnet } from "@outlayer/devnet";
import type { ServiceName } from "@outlayer/kit";
import { needMongodb, needNats } from "@outlayer/test-servers";
import { follow } from "../services/evidence/test/support/nats-evidence.ts";
import { type Answer, RestClient } from "./support/rest-client.ts";
import { spawnService, type Variables } from "./support/service-processes.ts";
import { dust } from "./support/steps.ts";
import { internalToken } from "./support/system.ts";

/** The URLs that a service logs once it is ready. */
function ready(child: ChildProcess): Promise<{ grpc: string; http: string; rest?: string }> {
  return new Promise((resolve, reject) => {
    let problems = "";
    child.stderr?.on("data", (chunk) => (problems += chunk));
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${problems}`)));
    if (child.stdout === null) return;
    let rest: string | undefined;
    createInterface(child.stdout).on("line", (line) => {
      const entry = JSON.parse(line);
      rest ??= entry.rest;
      if (entry.msg === "ready") resolve({ ...entry, ...(rest === undefined ? {} : { rest }) });
    });
  });
}

function exit(child: ChildProcess): Promise<{ code: number | null; problems: string }> {
  let problems = "";
  child.stderr?.on("data", (chunk) => (problems += chunk));
  return new Promise((resolve) => child.once("exit", (code) => resolve({ code, problems })));
}

const freePorts = { GRPC_BIND_ADDR: "127.0.0.1:0", HTTP_BIND_ADDR: "127.0.0.1:0" };

describe("each service from its own main", () => {
  const children: ChildProcess[] = [];
  const directory = mkdtempSync(join(tmpdir(), "processes-"));
  let devnet: Devnet;

  before(async () => {
    devnet = await startDevnet({ blockTimeMs: 40 });
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await devnet.close();
    rmSync(directory, { recursive: true });
  });

  it("five processes carry a workflow out, and each ends on SIGTERM", () =>
    fiveProcesses({ DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}` })).timeout(60_000);

  it("five processes on MongoDB and NATS do too, and tell of every version", async function () {
    const nats = { NATS_URL: await needNats(this) };
    const { url, drop } = (await needMongodb(this)).database();
    this.timeout(60_000);
    const follower = await follow(nats.NATS_URL);
    try {
      const record = await fiveProcesses({ DATABASE_URL: url, ...nats }, nats, { database: "ok", nats: "ok" });
      const all = Array.from({ length: record.version }, (_, index) => index + 1);
      assert.deepEqual(await follower.versions(record.request_id), all);
    } finally {
      await follower.close();
      await drop();
    }
  });

  /** @returns the record of a workflow that they carried out */
  async function fiveProcesses(
    evidenceVariables: Variables,
    broadcasterVariables: Variables = {},
    dependencies: Readonly<Record<string, string>> = {},
  ): Promise<Answer["body"]> {
    const run = async (name: ServiceName, variables: Variables) => {
      const child = spawnService(name, { ...freePorts, ...variables });
      children.push(child);
      return ready(child);
    };
    const wallets = { INTERNAL_WALLET_AUTH_TOKEN: internalToken };
    const grantFile = join(directory, "grant-secret");
    writeFileSync(grantFile, "a grant secret that came in a file, 0123456789\n");
    const evidence = await run("evidence", {
      ...wallets,
      ...evidenceVariables,
    });
    const signerProxy = await run("signer-proxy", {
      KEYSTORE_URL: devnet.keystoreUrl,
      KEYSTORE_AUTH_TOKEN: devnet.keystoreToken,
      GRANT_SECRET_FILE: grantFile,
    });
    const urls = { EVIDENCE_URL: evidence.grpc, SIGNER_PROXY_URL: signerProxy.grpc };
    const broadcaster = await run("broadcaster", {
      ...urls,
      ...broadcasterVariables,
      NEAR_RPC_URL: devnet.rpcUrl,
      NEAR_CHAIN_ID: devnet.chainId,
      NEAR_POLL_INTERVAL_MS: "15",
      RELAYER_ACCOUNT_ID: devnet.relayer.accountId,
      RELAYER_SECRET_KEY: devnet.relayer.secretKey,
      APPROVER_ACCOUNT_ID: devnet.approver.accountId,
      APPROVER_SECRET_KEY: devnet.approver.secretKey,
    });
    const planner = await run("planner", { ...wallets, ...urls, BROADCASTER_URL: broadcaster.grpc });
    const gateway = await run("gateway", {
      ...wallets,
      BIND_ADDR: "127.0.0.1:0",
      PLANNER_URL: planner.grpc,
      EVIDENCE_URL: evidence.grpc,
    });
    const { rest } = gateway;
    assert.ok(rest, "the gateway logs where REST is");
    const client = new RestClient(() => rest, "wallet-1", internalToken);
    const { status, body } = await client.execute([dust, dust, dust]);
    assert.deepEqual([status, body.status], [200, "succeeded"], body.message);

    const readiness = await fetch(`${evidence.http}/readyz`);
    assert.deepEqual(((await readiness.json()) as { dependencies?: object }).dependencies ?? {}, dependencies);

    const running = children.splice(0);
    const exits = running.map(exit);
    for (const child of running) child.kill("SIGTERM");
    assert.deepEqual(
      (await Promise.all(exits)).map(({ code }) => code),
      [0, 0, 0, 0, 0],
    );
    return body;
  }

  const missing: Readonly<Record<ServiceName, readonly string[]>> = {
    gateway: [
      "INTERNAL_WALLET_AUTH_TOKEN (or INTERNAL_WALLET_AUTH_TOKEN_FILE) is required",
      "PLANNER_URL is required",
      "EVIDENCE_URL is required",
    ],
    planner: [
      "INTERNAL_WALLET_AUTH_TOKEN (or INTERNAL_WALLET_AUTH_TOKEN_FILE) is required",
      "SIGNER_PROXY_URL is required",
      "BROADCASTER_URL is required",
      "EVIDENCE_URL is required",
    ],
    "signer-proxy": [
      "KEYSTORE_URL is required",
      "KEYSTORE_AUTH_TOKEN (or KEYSTORE_AUTH_TOKEN_FILE) is required",
      "GRANT_SECRET (or GRANT_SECRET_FILE) is required",
    ],
    broadcaster: [
      "RELAYER_ACCOUNT_ID is required",
      "APPROVER_ACCOUNT_ID is required",
      "RELAYER_SECRET_KEY (or RELAYER_SECRET_KEY_FILE) is required",
      "APPROVER_SECRET_KEY (or APPROVER_SECRET_KEY_FILE) is required",
      "EVIDENCE_URL is required",
      "SIGNER_PROXY_URL is required",
    ],
    evidence: [
      "DATABASE_URL (or DATABASE_URL_FILE) is required",
      "INTERNAL_WALLET_AUTH_TOKEN (or INTERNAL_WALLET_AUTH_TOKEN_FILE) is required",
    ],
  };
  for (const [name, problems] of Object.entries(missing) as [ServiceName, readonly string[]][]) {
    it(`${name} says everything that it misses at once, and does not start`, async () => {
      const result = await exit(spawnService(name, {}));
      assert.equal(result.code, 1);
      assert.deepEqual(result.problems.trim().split("\n"), [
        "configuration:",
        ...problems.map((problem) => `  ${problem}`),
      ]);
    });
  }

  it("a service with a public listener does not start without a service token", async () => {
    const variables = { GRPC_BIND_ADDR: "0.0.0.0:0", INTERNAL_WALLET_AUTH_TOKEN: "t", DATABASE_URL: "sqlite::memory:" };
    const { code, problems } = await exit(spawnService("evidence", variables));
    assert.equal(code, 1);
    assert.match(problems, /SERVICE_TOKEN \(or SERVICE_TOKEN_FILE\) is required unless every listener is on loopback/);
  });
});

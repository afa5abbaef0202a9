import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnService } from "@outlayer/distributed";
import { type Environment, type ServiceName, serviceNames } from "@outlayer/kit";
import { needMongodb, needNats } from "@outlayer/test-servers";
import { follow } from "../services/evidence/test/support/nats-evidence.ts";
import { internalToken } from "./support/product-environment.ts";
import type { Answer } from "./support/rest-client.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { dust } from "./support/steps.ts";

function exit(child: ChildProcess): Promise<{ code: number | null; problems: string }> {
  let problems = "";
  child.stderr?.on("data", (chunk) => (problems += chunk));
  return new Promise((resolve) => child.once("exit", (code) => resolve({ code, problems })));
}

describe("each service from its own main", () => {
  it("five processes carry a workflow out, and each ends on SIGTERM", () => fiveProcesses({})).timeout(60_000);

  it("five processes on MongoDB and NATS do too, and tell of every version", async function () {
    const url = await needNats(this);
    const database = (await needMongodb(this)).database();
    this.timeout(60_000);
    const follower = await follow(url);
    try {
      const variables = { DATABASE_URL: database.url, NATS_URL: url };
      const record = await fiveProcesses(variables, { database: "ok", nats: "ok" });
      const all = Array.from({ length: record.version }, (_, index) => index + 1);
      assert.deepEqual(await follower.versions(record.request_id), all);
    } finally {
      await follower.close();
      await database.drop();
    }
  });

  /** @returns the record of a workflow that they carried out */
  async function fiveProcesses(environment: Environment, dependencies: object = {}): Promise<Answer["body"]> {
    const directory = mkdtempSync(join(tmpdir(), "grant-"));
    const grantFile = join(directory, "grant-secret");
    writeFileSync(grantFile, "a grant secret that came in a file, 0123456789\n");
    const grant = { GRANT_SECRET: undefined, GRANT_SECRET_FILE: grantFile };
    await using processes = await ServiceProcesses.prepare({ environment: { ...grant, ...environment } });
    await processes.startAll();
    rmSync(directory, { recursive: true });
    for (const name of serviceNames) {
      const { grpc, http } = await processes.running(name).ready();
      assert.deepEqual([grpc, http], [processes.grpcUrl(name), processes.httpUrl(name)]);
    }
    const { status, body } = await processes.rest.execute([dust, dust, dust]);
    assert.deepEqual([status, body.status], [200, "succeeded"], body.message);

    const readiness = await fetch(`${processes.httpUrl("evidence")}/readyz`);
    assert.deepEqual(((await readiness.json()) as { dependencies?: object }).dependencies ?? {}, dependencies);

    assert.deepEqual(Object.values(await processes.endAll()), [0, 0, 0, 0, 0]);
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
      "USAGE_SECRET (or USAGE_SECRET_FILE) is required",
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
      "USAGE_SECRET (or USAGE_SECRET_FILE) is required",
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

  it("a process outlives a thread that it starts, whose standard input is closed from the begin", async () => {
    const directory = mkdtempSync(join(tmpdir(), "threads-"));
    try {
      const [main, thread] = [join(directory, "main.mjs"), join(directory, "thread.mjs")];
      const threads = 'from "node:worker_threads";';
      const begun = "new Worker(new URL('thread.mjs', import.meta.url))";
      writeFileSync(main, `import { Worker } ${threads} ${begun}.once("message", () => process.exit(7));`);
      const told = 'process.stdin.once("end", () => parentPort.postMessage("")).resume();';
      writeFileSync(thread, `import { parentPort } ${threads} ${told}`);
      assert.deepEqual(await exit(spawnService("evidence", {}, main)), { code: 7, problems: "" });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("a service with a public listener does not start without a service token", async () => {
    const variables = {
      GRPC_BIND_ADDR: "0.0.0.0:0",
      INTERNAL_WALLET_AUTH_TOKEN: internalToken,
      DATABASE_URL: "sqlite::memory:",
    };
    const { code, problems } = await exit(spawnService("evidence", variables));
    assert.equal(code, 1);
    assert.match(problems, /SERVICE_TOKEN \(or SERVICE_TOKEN_FILE\) is required unless every listener is on loopback/);
  });

  const same = "a-secret-of-the-tests-0123456789abcdef";
  const unsafe: readonly [string, ServiceName, Record<string, string>, string][] = [
    [
      "a shared secret that can be guessed",
      "gateway",
      { INTERNAL_WALLET_AUTH_TOKEN: "a" },
      "INTERNAL_WALLET_AUTH_TOKEN must have at least 32 characters",
    ],
    [
      "a token of services that can be guessed",
      "broadcaster",
      { SERVICE_TOKEN: "a" },
      "SERVICE_TOKEN must have at least 32 characters",
    ],
    [
      "a wallet's key that can be guessed",
      "planner",
      { WALLET_API_KEYS_JSON: '{"wk_a":"wallet-1"}' },
      "WALLET_API_KEYS_JSON must have keys with at least 24 characters after wk_; wallet-1's has fewer",
    ],
    [
      "two secrets that are the same",
      "signer-proxy",
      { GRANT_SECRET: same, USAGE_SECRET: same },
      "GRANT_SECRET and USAGE_SECRET must differ",
    ],
    [
      "a secret of others that is the token of trusted workers",
      "evidence",
      { INTERNAL_WALLET_AUTH_TOKEN: same, DATABASE_URL: `mongodb://user:${same}@127.0.0.1:1/evidence` },
      "the password in DATABASE_URL and INTERNAL_WALLET_AUTH_TOKEN must differ",
    ],
  ];
  for (const [what, name, variables, problem] of unsafe) {
    it(`${name} does not start with ${what}`, async () => {
      await using processes = await ServiceProcesses.prepare({ environment: variables });
      const replica = processes.start(name);
      assert.equal(await replica.exited, 1);
      assert.equal(replica.problems, `configuration:\n  ${problem}\n`);
      assert.deepEqual(replica.lines, [], "it has served nobody");
    });
  }
});

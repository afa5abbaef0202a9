import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { generate } from "orval";
import { install, scope } from "./support/direct-user.ts";
import { describeShapes } from "./support/shapes.ts";
import { textSigners } from "./support/signers.ts";
import { dust } from "./support/steps.ts";
import { internalToken, type System, startSystem } from "./support/system.ts";

type Answer = { readonly status: number; readonly data: unknown; readonly headers: Headers };
type Operation = (...args: readonly unknown[]) => Promise<Answer>;

describeShapes("a client generated from the OpenAPI document", (shape) => {
  let system: System;
  let directory: string;
  let client: Record<string, Operation>;

  before(async () => {
    const environment = { SESSION_SECRET_KEYS: "5e".repeat(32), SESSION_AUDIENCE: "wallet.example" };
    system = await startSystem({ shape, environment });
    directory = mkdtempSync(join(tmpdir(), "generated-client-"));
    const response = await fetch(`${system.product.restUrl}/openapi.json`);
    writeFileSync(join(directory, "openapi.json"), await response.text());
    const file = join(directory, "client.ts");
    await generate({
      input: { target: join(directory, "openapi.json") },
      output: { target: file, client: "fetch", mode: "single", baseUrl: system.product.restUrl },
    });
    client = await import(pathToFileURL(file).href);
  });
  after(async () => {
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const asWorker = { headers: { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": internalToken } };

  it("type-checks, strictly", () => {
    const options = ["--noEmit", "--strict", "--target", "es2024", "--module", "nodenext", "--lib", "es2024,dom"];
    execFileSync("tsc", [...options, "--ignoreConfig", join(directory, "client.ts")], { stdio: "pipe" });
  });

  it("runs the dust workflow", async () => {
    const workflow = { steps: [dust, dust, dust], idempotency_key: "generated" };
    const headers = { ...asWorker.headers, prefer: "wait=15" };
    const executed = await call("executeWorkflow", workflow, { headers });
    assert.equal(executed.status, 200);
    const record = executed.data as Record<string, unknown>;
    assert.equal(record.status, "succeeded");
    assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": "-3000000000000000000" });
    const read = await call("getWorkflow", record.request_id, {}, asWorker);
    assert.deepEqual(read.data, record);
  });

  it("signs in, reads an account, and signs out", async () => {
    const [wallet] = textSigners(0x61);
    const account_id = wallet?.accountId;
    const challenge = await call("createChallenge", { account_id });
    const signed = wallet?.sign((challenge.data as { readonly text: string }).text);
    const { status, data } = await call("signIn", { account_id, signed });
    assert.equal(status, 200);
    const { token, session_id } = data as { readonly token: string; readonly session_id: string };
    const asSession = { headers: { authorization: `Bearer ${token}` } };
    assert.equal((await call("getAccount", account_id, {}, asSession)).status, 200);
    assert.deepEqual((await call("signOut", asSession)).data, { session_id });
    assert.equal((await call("getAccount", account_id, {}, asSession)).status, 401);
    assert.equal(((await call("getSessionKeys")).data as { readonly keys: readonly unknown[] }).keys.length, 1);
  });

  it("runs the counter proof", async () => {
    await install(system);
    const headers = { ...asWorker.headers, prefer: "wait=15" };
    const executed = await call("executeDirectUserCall", { ...scope, idempotency_key: "generated-proof" }, { headers });
    assert.equal(executed.status, 200);
    const record = executed.data as Record<string, unknown>;
    const { count_before, count_after } = record.direct_user_evidence as Record<string, unknown>;
    assert.deepEqual([record.status, count_before, count_after], ["succeeded", 0, 1]);
    assert.deepEqual((await call("getDirectUserCall", record.request_id, {}, asWorker)).data, record);
  });

  async function call(operation: string, ...args: readonly unknown[]): Promise<Answer> {
    const run = client[operation];
    assert.ok(run !== undefined, `${operation} was generated`);
    return run(...args);
  }
});

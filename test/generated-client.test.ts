import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type KeyPair, keyPairFromSeed } from "@outlayer/near";
import { generate } from "orval";
import { Actor } from "./support/actors.ts";
import { install, scope } from "./support/direct-user.ts";
import { makeFinal } from "./support/on-chain.ts";
import { messageFor, nearWallet, sessionEnvironment, signedStep } from "./support/own-wallets.ts";
import { describeShapes } from "./support/shapes.ts";
import { type GivenChallenge, signedNep413, textSigners } from "./support/signers.ts";
import { dust } from "./support/steps.ts";
import { internalToken, type System, startSystem } from "./support/system.ts";

type Answer = { readonly status: number; readonly data: unknown; readonly headers: Headers };
/** A transaction as the API writes it for wallets. */
interface Written {
  readonly receiverId: string;
  readonly actions: readonly [{ readonly params: { methodName: string; args: object; gas: string; deposit: string } }];
}

const token = "nep141:wrap.near";

type Operation = (...args: readonly unknown[]) => Promise<Answer>;

describeShapes("a client generated from the OpenAPI document", (shape) => {
  let system: System;
  let directory: string;
  let client: Record<string, Operation>;

  before(async () => {
    system = await startSystem({ shape, environment: sessionEnvironment });
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

  it("runs the story of a person with a wallet of her own", async () => {
    const { accounts } = system.devnet.controls;
    const nina = "nina.near";
    const [first, second] = [1, 2].map((byte) => keyPairFromSeed(new Uint8Array(32).fill(byte)));
    assert(first && second);
    accounts.setBalance(nina, 10n ** 24n);
    for (const { publicKey } of [first, second]) accounts.addKey(nina, publicKey, { kind: "fullAccess" });
    makeFinal(system);

    const pay = { kind: "intents.transfer", token, amount: "10", receiver_id: nina };
    await succeeds([pay], asWorker);
    for (const key of [first, second]) await register(nina, key);

    const payments = ["1", "2", "3"].map((amount) => {
      return { intent: "transfer", receiver_id: "mike.near", tokens: { [token]: amount } };
    });
    const signedIn = await signIn(nina, first);
    const paid = await succeeds(
      payments.map((intent) => signedBy(first, nina, intent)),
      signedIn,
    );
    assert.deepEqual(paid.balance_deltas, { [`${token}:intents`]: "-6" });
    assert.deepEqual((await call("getWorkflow", paid.request_id, {}, signedIn)).data, paid);

    await new Actor(system.devnet, nina, second).deleteKey(first.publicKey);
    makeFinal(system);
    assert.deepEqual(await staleKeys(nina), [first.publicKey]);
    const removal = { intent: "remove_public_key", public_key: first.publicKey };
    await succeeds([signedBy(second, nina, removal)], await signIn(nina, second));
    makeFinal(system);
    assert.deepEqual(await staleKeys(nina), []);
  });

  /** Has the account send what it is told to send for its key. */
  async function register(accountId: string, key: KeyPair): Promise<void> {
    const { data } = await call("getAccount", accountId, { public_key: key.publicKey }, asWorker);
    const { registration } = data as { readonly registration: { readonly transaction: Written } };
    const { receiverId, actions } = registration.transaction;
    const { methodName, args, gas, deposit } = actions[0].params;
    const actor = new Actor(system.devnet, accountId, key);
    await actor.call({ receiverId, methodName, args, gas: BigInt(gas), deposit: BigInt(deposit) });
    makeFinal(system);
  }

  async function signIn(account_id: string, key: KeyPair) {
    const challenge = (await call("createChallenge", { account_id })).data as GivenChallenge;
    const { data } = await call("signIn", { account_id, signed: signedNep413(key, challenge) });
    return { headers: { authorization: `Bearer ${(data as { readonly token: string }).token}` } };
  }

  function signedBy(key: KeyPair, signerId: string, intent: object): object {
    const wallet = nearWallet(key);
    return signedStep(wallet.sign(messageFor(system, wallet, [intent], { signerId })));
  }

  async function succeeds(steps: readonly object[], { headers }: { readonly headers: object }) {
    const workflow = { steps, idempotency_key: crypto.randomUUID() };
    const { data } = await call("executeWorkflow", workflow, { headers: { ...headers, prefer: "wait=15" } });
    const record = data as Record<string, unknown>;
    assert.equal(record.status, "succeeded", String(record.user_visible_error));
    return record;
  }

  async function staleKeys(accountId: string): Promise<readonly string[]> {
    const { data } = await call("getStaleKeys", accountId, asWorker);
    const { stale_keys } = data as { readonly stale_keys: readonly { readonly public_key: string }[] };
    return stale_keys.map(({ public_key }) => public_key);
  }

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

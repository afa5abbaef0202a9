import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Devnet, startDevnet } from "@outlayer/devnet";
import { encodeBase58 } from "@outlayer/near";
import { preflightSchema } from "@outlayer/workflow";

const dev = fileURLToPath(new URL("../../dev", import.meta.url));

/** What one needs to look from outside: addresses and account ids, no keys. */
const environmentOf = (devnet: Devnet) => ({
  NEAR_RPC_URL: devnet.rpcUrl,
  NEAR_CHAIN_ID: devnet.chainId,
  RELAYER_ACCOUNT_ID: devnet.relayer.accountId,
  APPROVER_ACCOUNT_ID: devnet.approver.accountId,
});

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly problems: string;
}

function run(args: readonly string[], environment: Record<string, string>): Promise<Run> {
  const { PATH = "" } = process.env;
  const child = spawn(dev, ["preflight", ...args], { env: { PATH, ...environment } });
  let output = "";
  let problems = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (problems += chunk));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output, problems })));
}

const secretOf = (byte: number) => `ed25519:${encodeBase58(new Uint8Array(32).fill(byte))}`;

describe("./dev preflight", function () {
  // Each test starts two processes or three in a row, for which a busy machine takes long.
  this.timeout(90_000);
  let devnet: Devnet;
  before(async () => {
    devnet = await startDevnet({ blockTimeMs: 50 });
  });
  after(() => devnet.close());

  it("prints every check as a table and exits with 0 when gate and operator are ready, without a key", async () => {
    devnet.controls.counters.reset();
    const { code, output } = await run([], environmentOf(devnet));
    assert.equal(code, 0, output);
    assert.match(output, /^gate\.sequential\.near on devnet, final block \d+\n/);
    assert.match(output, /\n {2}check +class +result +expected +actual\n/);
    assert.match(output, /\n {2}relayer_whitelisted +blocking +ok +whitelisted +whitelisted\n/);
    assert.match(output, /\n {2}relayer_key +waiting +ok +any key may call submit_intent +allowed to\n/);
    assert.match(output, /The keystore was left out: KEYSTORE_URL is not set\.\n\nReady\.\n$/);
    const { rpc, keystore } = devnet.controls.counters.snapshot();
    assert.deepEqual(
      Object.keys(rpc).filter((method) => /send|broadcast/.test(method)),
      [],
    );
    assert.deepEqual(keystore, {});
  });

  it("exits with 1 when they are not, and says why: in the table, in a sentence, and in JSON", async () => {
    devnet.controls.gate.setRelayer(devnet.relayer.accountId, false);
    try {
      const { code, output } = await run([], environmentOf(devnet));
      assert.equal(code, 1);
      assert.match(output, /\n {2}relayer_whitelisted +blocking +FAILS +whitelisted +not whitelisted\n/);
      assert.match(
        output,
        /\n {2}relayer_whitelisted: the gate does not accept relayer\.sequential\.near as a relayer\n/,
      );
      assert.match(output, /\nNot ready: relayer_whitelisted\.\n$/);
      const json = await run(["--json"], environmentOf(devnet));
      assert.equal(json.code, 1);
      const found = preflightSchema.strict().parse(JSON.parse(json.output));
      assert.deepEqual([found.ready, found.abort_reasons, found.plan], [false, ["relayer_whitelisted"], null]);
    } finally {
      devnet.controls.gate.setRelayer(devnet.relayer.accountId, true);
    }
  });

  it("looks at the keystore and at the very keys where it is given them", async () => {
    const keystore = { KEYSTORE_URL: devnet.keystoreUrl, KEYSTORE_AUTH_TOKEN: devnet.keystoreToken };
    const keys = { RELAYER_SECRET_KEY: devnet.relayer.secretKey, APPROVER_SECRET_KEY: devnet.relayer.secretKey };
    const ready = await run(["--json"], { ...environmentOf(devnet), ...keystore });
    assert.equal(ready.code, 0);
    assert.equal(preflightSchema.parse(JSON.parse(ready.output)).checks.at(-1)?.name, "keystore");
    devnet.controls.keystore.setReadiness("not_ready");
    try {
      const { code, output } = await run(["--json"], { ...environmentOf(devnet), ...keystore, ...keys });
      assert.equal(code, 1);
      assert.deepEqual(preflightSchema.parse(JSON.parse(output)).abort_reasons, ["approver_key", "keystore"]);
      for (const secret of [devnet.relayer.secretKey, devnet.keystoreToken]) assert.ok(!output.includes(secret));
    } finally {
      devnet.controls.keystore.setReadiness("ready");
    }
  });

  it("looks at the gate that it is told, of several", async () => {
    const { RELAYER_ACCOUNT_ID: relayer, APPROVER_ACCOUNT_ID: approver, ...environment } = environmentOf(devnet);
    const account = (account_id: string, secretKey: string) => ({ account_id, secret_keys: [secretKey] });
    const first = {
      gate_id: devnet.gateId,
      relayer: account(relayer, devnet.relayer.secretKey),
      approver: account(approver, devnet.approver.secretKey),
    };
    const other = {
      gate_id: "gate-2.near",
      relayer: account("r.near", secretOf(1)),
      approver: account("a.near", secretOf(2)),
    };
    const gates = { ...environment, GATES_JSON: JSON.stringify([first, other]) };
    const [usual, told, unknown] = await Promise.all([
      run([], gates),
      run(["--gate", "gate-2.near"], gates),
      run(["--gate", "gate-3.near"], gates),
    ]);
    assert.deepEqual([usual.code, told.code, unknown.code], [0, 1, 2], usual.output + usual.problems);
    assert.match(usual.output, /^gate\.sequential\.near on devnet/);
    assert.match(told.output, /^gate-2\.near on devnet/);
    assert.match(unknown.problems, /--gate must be gate\.sequential\.near or gate-2\.near/);
  });

  it("exits with 1 when nobody answers, since nothing is known to be ready", async () => {
    const { code, output } = await run([], { ...environmentOf(devnet), NEAR_RPC_URL: "http://127.0.0.1:1" });
    assert.equal(code, 1);
    assert.match(output, /^gate\.sequential\.near on devnet\n/);
    assert.match(output, /\n {2}rpc: not checked: NEAR's RPC does not answer\n/);
  });

  it("exits with 2 and names the problem when it is not told enough", async () => {
    const missing = await run([], { NEAR_RPC_URL: devnet.rpcUrl, GATE_CODE_HASH: "short" });
    assert.equal(missing.code, 2);
    assert.match(missing.problems, /RELAYER_ACCOUNT_ID is required/);
    assert.match(missing.problems, /APPROVER_ACCOUNT_ID is required/);
    assert.match(missing.problems, /GATE_CODE_HASH must be base58 of a SHA-256/);
    const unknown = await run(["--yes"], environmentOf(devnet));
    assert.equal(unknown.code, 2);
    assert.match(unknown.problems, /usage: \.\/dev preflight \[--gate ID\] \[--json\]/);
  });
});

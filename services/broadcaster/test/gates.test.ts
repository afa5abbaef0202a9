import assert from "node:assert/strict";
import { ConfigError, ConfigReader, type Environment } from "@outlayer/kit";
import { encodeBase58, keyPairFromSeed } from "@outlayer/near";
import { readBroadcasterConfig, readGatesToCheck } from "../src/config.ts";

/** The seed's key as an operator writes it, and its public key. */
function keyOf(byte: number) {
  const seed = new Uint8Array(32).fill(byte);
  return { secret: `ed25519:${encodeBase58(seed)}`, publicKey: keyPairFromSeed(seed).publicKey };
}

const [one, two, three, four, five] = [1, 2, 3, 4, 5].map(keyOf) as [Key, Key, Key, Key, Key];
type Key = ReturnType<typeof keyOf>;

const first = {
  gate_id: "gate.near",
  relayer: { account_id: "relayer.near", secret_keys: [one.secret, two.secret] },
  approver: { account_id: "approver.near", secret_keys_file: "/run/approver" },
};
const second = {
  gate_id: "gate-2.near",
  relayer: { account_id: "relayer-2.near", secret_keys: [four.secret] },
  approver: { account_id: "approver-2.near", secret_keys: [five.secret] },
  fee_1_to_3_yocto: "7",
  max_fee_yocto: "8",
  code_hash: "11111111111111111111111111111111",
  owner_id: "owner.near",
  weight: 3,
  drain: true,
};
const files: Readonly<Record<string, string>> = {
  "/run/empty": "\n",
  "/run/approver": `${three.secret}\n`,
  "/run/bad": "ed25519:0",
};

function readerOf(environment: Environment): ConfigReader {
  return new ConfigReader(environment, (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error("gone"), { code: "ENOENT" });
    return text;
  });
}

function read(environment: Environment) {
  const reader = readerOf(environment);
  const config = readBroadcasterConfig(reader);
  reader.check();
  return config;
}

const gatesJson = (...gates: readonly unknown[]) => ({ GATES_JSON: JSON.stringify(gates) });

function problemsOf(environment: Environment): readonly string[] {
  try {
    read(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    for (const { secret } of [one, two, three, four, five]) assert.ok(!error.message.includes(secret.slice(8)));
    return error.problems;
  }
}

describe("the gates of a broadcaster", () => {
  it("are those of GATES_JSON, with keys from the variable or from files", () => {
    const shown = read(gatesJson(first, second)).gates.map(({ relayerKeys, approverKeys, ...rest }) => ({
      ...rest,
      relayerKeys: relayerKeys.map(({ publicKey }) => publicKey),
      approverKeys: approverKeys.map(({ publicKey }) => publicKey),
    }));
    assert.deepEqual(shown, [
      {
        gateId: "gate.near",
        relayerId: "relayer.near",
        relayerKeys: [one.publicKey, two.publicKey],
        approverId: "approver.near",
        approverKeys: [three.publicKey],
        gateFeeYocto: 30_000_000_000_000_000_000_000n,
        gateMaxFeeYocto: 60_000_000_000_000_000_000_000n,
        gateCodeHash: undefined,
        gateOwnerId: undefined,
      },
      {
        gateId: "gate-2.near",
        relayerId: "relayer-2.near",
        relayerKeys: [four.publicKey],
        approverId: "approver-2.near",
        approverKeys: [five.publicKey],
        gateFeeYocto: 7n,
        gateMaxFeeYocto: 8n,
        gateCodeHash: "11111111111111111111111111111111",
        gateOwnerId: "owner.near",
      },
    ]);
  });

  it("are one, where the variables of one gate are set", () => {
    const variables = {
      ...{ SEQUENTIAL_GATE_ID: "gate.near", RELAYER_ACCOUNT_ID: "relayer.near", RELAYER_SECRET_KEY: one.secret },
      ...{ APPROVER_ACCOUNT_ID: "approver.near", APPROVER_SECRET_KEY: one.secret, GATE_FEE_1_TO_3_YOCTO: "5" },
    };
    const { gates } = read(variables);
    assert.deepEqual(
      gates.map(({ gateId, relayerId, gateFeeYocto }) => [gateId, relayerId, gateFeeYocto]),
      [["gate.near", "relayer.near", 5n]],
    );
    const { SEQUENTIAL_GATE_ID: _, ...ofOneGate } = variables;
    assert.deepEqual(
      problemsOf({ ...variables, ...gatesJson(first) }),
      Object.keys(ofOneGate).map((name) => `GATES_JSON and ${name} are both set`),
    );
  });

  it("are not none, where the file is empty or not there", () => {
    for (const [path, problem] of [
      ["/run/empty", "GATES_JSON (or GATES_JSON_FILE) is required"],
      ["/run/none", "GATES_JSON_FILE cannot be read: ENOENT"],
    ] as const) {
      assert.ok(problemsOf({ GATES_JSON_FILE: path }).includes(problem), problem);
    }
  });

  it("may have no keys where nothing is signed, and must elsewhere", () => {
    const account = (account_id: string) => ({ account_id });
    const gate = { gate_id: "gate.near", relayer: account("relayer.near"), approver: account("approver.near") };
    const reader = readerOf(gatesJson(gate));
    const [checked] = readGatesToCheck(reader);
    reader.check();
    assert.deepEqual([checked?.gate.gateId, checked?.keys], ["gate.near", { relayer: [], approver: [] }]);
    assert.deepEqual(problemsOf(gatesJson(gate)), [
      "GATES_JSON (gate 1) relayer must have either secret_keys or secret_keys_file",
    ]);
  });

  const accounts = (more: object) => ({ ...first.relayer, ...more });
  for (const [what, gates, problem] of [
    ["no array", {}, "must be an array of 1 to 64 gates"],
    ["no gate", [], "must be an array of 1 to 64 gates"],
    ["a gate that is no object", [first, 1], "(gate 2) must be an object"],
    ["a gate without an id", [{ ...first, gate_id: undefined }], "(gate 1) must have a NEAR account id as gate_id"],
    [
      "a gate named twice",
      [first, { ...second, gate_id: "gate.near" }],
      "(gate 2) must not have the gate_id of another gate",
    ],
    ["a weight of none", [{ ...first, weight: 0 }], "(gate 1) must have an integer from 1 to 1000 as weight"],
    ["a drain that is a text", [{ ...first, drain: "true" }], "(gate 1) must have true or false as drain"],
    [
      "a fee that is a number",
      [{ ...first, fee_1_to_3_yocto: 7 }],
      "(gate 1) must have a decimal text as fee_1_to_3_yocto",
    ],
    [
      "a most of no number",
      [{ ...first, max_fee_yocto: "many" }],
      "(gate 1) must have a decimal text as max_fee_yocto",
    ],
    [
      "a hash of another length",
      [{ ...first, code_hash: "11" }],
      "(gate 1) must have base58 of a SHA-256 as code_hash",
    ],
    ["an owner of no name", [{ ...first, owner_id: "O" }], "(gate 1) must have a NEAR account id as owner_id"],
    ["no relayer", [{ ...first, relayer: undefined }], "(gate 1) relayer must be an object"],
    [
      "an approver of no name",
      [{ ...first, approver: {} }],
      "(gate 1) approver must have a NEAR account id as account_id",
    ],
    [
      "no keys",
      [{ ...first, relayer: { account_id: "relayer.near" } }],
      "(gate 1) relayer must have either secret_keys or secret_keys_file",
    ],
    [
      "keys in both places",
      [{ ...first, relayer: accounts({ secret_keys_file: "/run/approver" }) }],
      "(gate 1) relayer must have either secret_keys or secret_keys_file",
    ],
    [
      "keys that are one text",
      [{ ...first, relayer: accounts({ secret_keys: one.secret }) }],
      "(gate 1) relayer must have an array of texts as secret_keys",
    ],
    [
      "a key that is none",
      [{ ...first, relayer: accounts({ secret_keys: [one.secret, "ed25519:1"] }) }],
      "(gate 1) relayer: secret_keys (entry 2) must be ed25519: and base58 of a secret key",
    ],
    [
      "a file that is not there",
      [{ ...first, approver: { account_id: "approver.near", secret_keys_file: "/run/none" } }],
      "(gate 1) approver: secret_keys_file cannot be read: ENOENT",
    ],
    [
      "a file without keys",
      [{ ...first, approver: { account_id: "approver.near", secret_keys_file: "/run/bad" } }],
      "(gate 1) approver: secret_keys must be ed25519: and base58 of a secret key",
    ],
    [
      "the relayer of another gate",
      [first, { ...second, relayer: { ...second.relayer, account_id: "relayer.near" } }],
      "(gate 2) must not have an account of gate 1 as relayer",
    ],
    [
      "the relayer of another gate as approver",
      [first, { ...second, approver: { ...second.approver, account_id: "relayer.near" } }],
      "(gate 2) must not have an account of gate 1 as approver",
    ],
    [
      "a key of another gate",
      [first, { ...second, relayer: { ...second.relayer, secret_keys: [three.secret] } }],
      "(gate 2) must not have a key of gate 1",
    ],
    [
      "a field of no meaning",
      [{ ...first, fee: "1" }],
      "(gate 1) may have only gate_id, weight, drain, relayer, approver, fee_1_to_3_yocto, max_fee_yocto, code_hash, owner_id",
    ],
    [
      "a field of no meaning in an account",
      [{ ...first, relayer: accounts({ key: "1" }) }],
      "(gate 1) relayer may have only account_id, secret_keys, secret_keys_file",
    ],
  ] as const) {
    it(`are not taken with ${what}`, () => {
      assert.deepEqual(problemsOf({ GATES_JSON: JSON.stringify(gates) }), [`GATES_JSON ${problem}`]);
    });
  }
});

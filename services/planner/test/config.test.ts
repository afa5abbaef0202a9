import assert from "node:assert/strict";
import { ConfigError, ConfigReader, type Environment } from "@outlayer/kit";
import { readPlannerConfig, readPlannerProcessConfig } from "../src/config.ts";

const tokens = ["old-token-0123456789abcdef0123456789", "new-token-0123456789abcdef0123456789"];
const otherKey = "ed25519:5J5tkaxyPoR3Q9S8LXfo5bWnXK5Z2bctJ4mB9gENh7co";
const required = { INTERNAL_WALLET_AUTH_TOKEN: tokens.join() };

function problemsOf(environment: Environment): readonly string[] {
  try {
    readPlannerProcessConfig(new ConfigReader(environment));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the planner's configuration", () => {
  it("has the gate's defaults: 130 Tgas for an inner call, and nothing that the gate would pay", () => {
    const reader = new ConfigReader(required);
    const { limits, credentials } = readPlannerConfig(reader);
    reader.check();
    assert.deepEqual(limits, {
      gates: [{ gateId: "gate.sequential.near", weight: 1, drain: false }],
      verifierId: "intents.near",
      oneClickKey: "ed25519:reYaWhvwu8Jzo3WUM3zhn6VrhuMEF4eADL17qtRVifc",
      chainReceivers: [],
      carriesOwnPayloads: false,
      wrappedNearId: "wrap.near",
      maxInnerGas: 130_000_000_000_000n,
      maxDepositYocto: 0n,
    });
    assert.deepEqual(credentials.internalTokens, tokens);
  });

  it("takes its own variables", () => {
    const reader = new ConfigReader({
      ...required,
      SEQUENTIAL_GATE_ID: "gate.test.near",
      VERIFIER_ID: "verifier.test.near",
      QUOTES_1CLICK_PUBLIC_KEY: otherKey,
      WRAPPED_NEAR_ID: "wrap.testnet",
      GATE_CALLBACK_GAS: "300000000000000",
      GATE_MAX_DEPOSIT_YOCTO: "1",
      GATE_CHAIN_RECEIVERS: "count.test.near, register.test.near",
      WALLET_API_KEYS_JSON: '{"wk_1_0123456789abcdefghijkl": "wallet-1"}',
      SERVICE_WALLET_ID: "service-wallet",
    });
    const { limits, credentials } = readPlannerConfig(reader);
    reader.check();
    assert.deepEqual(limits, {
      gates: [{ gateId: "gate.test.near", weight: 1, drain: false }],
      verifierId: "verifier.test.near",
      oneClickKey: otherKey,
      chainReceivers: ["count.test.near", "register.test.near"],
      carriesOwnPayloads: true,
      wrappedNearId: "wrap.testnet",
      maxInnerGas: 230_000_000_000_000n,
      maxDepositYocto: 1n,
    });
    assert.equal(credentials.apiKeys.size, 1);
  });

  for (const [environment, expected] of [
    [{}, "https://app.mynearwallet.com"],
    [{ NEAR_CHAIN_ID: "testnet" }, "https://testnet.mynearwallet.com"],
    [{ NEAR_CHAIN_ID: "localnet" }, undefined],
    [{ NEAR_CHAIN_ID: "localnet", WALLET_URL: "http://127.0.0.1:5173/" }, "http://127.0.0.1:5173"],
  ] as const) {
    it(`links to ${expected ?? "no wallet"} with ${JSON.stringify(environment)}`, () => {
      const reader = new ConfigReader({ ...required, ...environment });
      assert.equal(readPlannerConfig(reader).walletUrl, expected);
      reader.check();
    });
  }

  const token = "token-of-the-operator-0123456789";

  it("asks no source of quotes unless its URL is set", () => {
    const reader = new ConfigReader({
      ...required,
      QUOTES_1CLICK_URL: "https://1click.example/",
      QUOTES_1CLICK_TOKEN: token,
    });
    const { quoteSources } = readPlannerConfig(reader);
    reader.check();
    assert.deepEqual(quoteSources, { oneClick: { url: "https://1click.example", token }, messageBus: undefined });
  });

  for (const [value, problem] of [
    ["https://bus.example/rpc", undefined],
    ["http://127.0.0.1:8080/rpc", undefined],
    ["http://localhost/rpc", undefined],
    ["http://[::1]:8080/rpc", undefined],
    ["http://bus.example/rpc", "must be an https URL, or an http URL of this machine"],
    ["http://127.0.0.1.example/rpc", "must be an https URL, or an http URL of this machine"],
    ["ftp://bus.example", "must be an http or https URL"],
    ["https://me:secret@bus.example/rpc", "must have no credentials and no query"],
    ["https://bus.example/rpc?key=secret", "must have no credentials and no query"],
  ] as const) {
    it(`says of ${value} as a source of quotes: ${problem ?? "fine"}`, () => {
      const urls = { SIGNER_PROXY_URL: "http://a", BROADCASTER_URL: "http://b", EVIDENCE_URL: "http://c" };
      const found = problemsOf({ ...required, ...urls, QUOTES_BUS_URL: value });
      assert.deepEqual(found, problem === undefined ? [] : [`QUOTES_BUS_URL ${problem}`]);
    });
  }

  it("refuses a token without its source, and one that is no header", () => {
    const urls = { SIGNER_PROXY_URL: "http://a", BROADCASTER_URL: "http://b", EVIDENCE_URL: "http://c" };
    assert.deepEqual(problemsOf({ ...required, ...urls, QUOTES_BUS_TOKEN: token }), [
      "QUOTES_BUS_TOKEN needs QUOTES_BUS_URL",
    ]);
    const split = { QUOTES_BUS_URL: "https://bus.example/rpc", QUOTES_BUS_TOKEN: `${token}\nx: y` };
    assert.deepEqual(problemsOf({ ...required, ...urls, ...split }), [
      "QUOTES_BUS_TOKEN must be 8 to 8192 printable characters without spaces",
    ]);
  });

  it("takes the least and the most that there can be", () => {
    const reader = new ConfigReader({
      ...required,
      GATE_CALLBACK_GAS: "200000000000000",
      GATE_MAX_DEPOSIT_YOCTO: (2n ** 128n - 1n).toString(),
    });
    const { limits } = readPlannerConfig(reader);
    reader.check();
    assert.deepEqual([limits.maxInnerGas, limits.maxDepositYocto], [130_000_000_000_000n, 2n ** 128n - 1n]);
  });

  it("reports everything that is missing or wrong at once", () => {
    assert.deepEqual(
      problemsOf({
        SEQUENTIAL_GATE_ID: "Gate",
        GATE_CALLBACK_GAS: "199999999999999",
        SUBMIT_INTENT_GAS: "lots",
        GATE_MAX_DEPOSIT_YOCTO: "340282366920938463463374607431768211456",
        GATE_CHAIN_RECEIVERS: "count.near, Count",
        QUOTES_1CLICK_PUBLIC_KEY: "ed25519:1",
        EVIDENCE_URL: "evidence:9004",
      }),
      [
        "SUBMIT_INTENT_GAS must be a decimal integer",
        "GATE_CALLBACK_GAS must be at least 200000000000000",
        "INTERNAL_WALLET_AUTH_TOKEN (or INTERNAL_WALLET_AUTH_TOKEN_FILE) is required",
        "SEQUENTIAL_GATE_ID must be a NEAR account id",
        "GATE_CHAIN_RECEIVERS (entry 2) must be a NEAR account id",
        "QUOTES_1CLICK_PUBLIC_KEY must be ed25519: and base58 of 32 bytes",
        "GATE_MAX_DEPOSIT_YOCTO must be below 2^128",
        "SIGNER_PROXY_URL is required",
        "BROADCASTER_URL is required",
        "EVIDENCE_URL must be an http or https URL",
      ],
    );
  });

  it("refuses gas that no transaction can attach", () => {
    const urls = { SIGNER_PROXY_URL: "http://a", BROADCASTER_URL: "http://b", EVIDENCE_URL: "http://c" };
    assert.deepEqual(problemsOf({ ...required, ...urls, GATE_CALLBACK_GAS: "950000000000001" }), [
      "SUBMIT_INTENT_GAS and GATE_CALLBACK_GAS together must be at most 1000000000000000",
    ]);
    assert.deepEqual(problemsOf({ ...required, ...urls, GATE_CALLBACK_GAS: "950000000000000" }), []);
  });

  it("refuses the verifier's account as the audience of sessions (rule: sign-in-signs-no-payload)", () => {
    const sessions = { SESSION_SECRET_KEYS: "5e".repeat(32), SESSION_AUDIENCE: "verifier.test.near" };
    const problem = "SESSION_AUDIENCE must not be the verifier's account (VERIFIER_ID)";
    for (const [environment, problems] of [
      [{ VERIFIER_ID: "verifier.test.near" }, [problem]],
      [{ SESSION_AUDIENCE: "intents.near" }, [problem]],
      [{}, []],
    ] as const) {
      const reader = new ConfigReader({ ...required, ...sessions, ...environment });
      readPlannerConfig(reader);
      if (problems.length === 0) reader.check();
      else
        assert.throws(
          () => reader.check(),
          (error) => error instanceof ConfigError && error.problems[0] === problem,
        );
    }
  });

  it("reads gates of a file anew, and refuses keys in it as at the start (rule: gates-change-while-it-runs)", () => {
    let file = JSON.stringify([{ gate_id: "gate.near" }]);
    const urls = { SIGNER_PROXY_URL: "http://a", BROADCASTER_URL: "http://a", EVIDENCE_URL: "http://a" };
    const environment = { ...required, ...urls, GATES_JSON_FILE: "/run/gates" };
    const { rereadGates } = readPlannerProcessConfig(new ConfigReader(environment, () => file));
    const relayer = { account_id: "relayer.near", secret_keys: ["ed25519:key"] };
    file = JSON.stringify([{ gate_id: "gate-2.near", drain: true }]);
    assert.deepEqual(rereadGates?.(), [
      { gateId: "gate-2.near", weight: 1, drain: true, feeYocto: 30_000_000_000_000_000_000_000n },
    ]);
    for (const [text, problem] of [
      [JSON.stringify([{ gate_id: "gate.near", relayer }]), /must not hold secret_keys here/],
      ["[]", /must be an array of 1 to 64 gates/],
      ["", /is required/],
    ] as const) {
      file = text;
      assert.throws(() => rereadGates?.(), problem);
    }
    const inVariable = { ...required, ...urls, GATES_JSON: JSON.stringify([{ gate_id: "gate.near" }]) };
    assert.equal(readPlannerProcessConfig(new ConfigReader(inVariable)).rereadGates, undefined);
  });

  it("takes several gates, and nobody's keys", () => {
    const account = (more: object) => ({ account_id: "relayer.near", ...more });
    const gates = [
      { gate_id: "gate.near", weight: 2, fee_1_to_3_yocto: "5" },
      { gate_id: "gate-2.near", drain: true, relayer: account({ secret_keys_file: "/run/relayer" }) },
    ];
    const reader = new ConfigReader({ ...required, GATES_JSON: JSON.stringify(gates) });
    const { limits, costs, gateBusyWorkflows } = readPlannerConfig(reader);
    reader.check();
    assert.deepEqual(limits.gates, [
      { gateId: "gate.near", weight: 2, drain: false },
      { gateId: "gate-2.near", weight: 1, drain: true },
    ]);
    assert.equal(costs.feeYocto, 30_000_000_000_000_000_000_000n, "the dearest gate's");
    assert.equal(gateBusyWorkflows, 200);
    const busy = (GATE_BUSY_WORKFLOWS: string) =>
      readPlannerConfig(new ConfigReader({ ...required, GATE_BUSY_WORKFLOWS })).gateBusyWorkflows;
    assert.deepEqual(["1", "1000000", "0", "some"].map(busy), [1, 1_000_000, undefined, undefined]);
    const withKeys = [{ ...gates[0], approver: account({ secret_keys: ["ed25519:key"] }) }];
    const urls = { SIGNER_PROXY_URL: "http://a", BROADCASTER_URL: "http://a", EVIDENCE_URL: "http://a" };
    const { SERVICE_TOKEN } = { SERVICE_TOKEN: "service-token-0123456789abcdef0123456" };
    assert.deepEqual(problemsOf({ ...required, ...urls, SERVICE_TOKEN, GATES_JSON: JSON.stringify(withKeys) }), [
      "GATES_JSON must not hold secret_keys here: name secret_keys_file, or leave them out",
    ]);
  });
});

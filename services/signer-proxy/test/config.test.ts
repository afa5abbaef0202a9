import assert from "node:assert/strict";
import { ConfigError, ConfigReader } from "@outlayer/kit";
import { readSignerProxyProcessConfig } from "../src/config.ts";
import { actionKinds, defaultActionTypes } from "../src/core/action-types.ts";

const good = {
  KEYSTORE_URL: "http://127.0.0.1:8081/",
  KEYSTORE_AUTH_TOKEN: "token-1",
  GRANT_SECRET: "0123456789abcdef0123456789abcdef",
  USAGE_SECRET: "usage-0123456789abcdef0123456789abcdef",
};

function problems(environment: Record<string, string>): readonly string[] {
  try {
    readSignerProxyProcessConfig(new ConfigReader(environment));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the signer proxy's configuration", () => {
  it("has defaults for what is not required", () => {
    const config = readSignerProxyProcessConfig(new ConfigReader(good));
    assert.equal(config.keystoreUrl, "http://127.0.0.1:8081");
    assert.equal(config.verifierId, "intents.near");
    assert.equal(config.wrappedNearId, "wrap.near");
    assert.deepEqual(config.actionTypes, defaultActionTypes);
    assert.equal(config.grpcBind.port, 9002);
  });

  it("says everything that is missing at once", () => {
    assert.deepEqual(problems({}), [
      "KEYSTORE_URL is required",
      "KEYSTORE_AUTH_TOKEN (or KEYSTORE_AUTH_TOKEN_FILE) is required",
      "GRANT_SECRET (or GRANT_SECRET_FILE) is required",
      "USAGE_SECRET (or USAGE_SECRET_FILE) is required",
    ]);
  });

  it("takes another contract for wrapped NEAR", () => {
    const config = readSignerProxyProcessConfig(new ConfigReader({ ...good, WRAPPED_NEAR_ID: "wrap.testnet" }));
    assert.equal(config.wrappedNearId, "wrap.testnet");
  });

  it("takes a table of policy types with some of its keys", () => {
    const { actionTypes } = readSignerProxyProcessConfig(
      new ConfigReader({ ...good, POLICY_ACTION_TYPES_JSON: '{"transfer":"transfer"}' }),
    );
    assert.deepEqual(actionTypes, { ...defaultActionTypes, transfer: "transfer" });
  });

  it("has no type for intents that give power, unless one is named (rule: power-has-a-type-of-its-own)", () => {
    const { actionTypes } = readSignerProxyProcessConfig(
      new ConfigReader({ ...good, POLICY_ACTION_TYPES_JSON: '{"add_public_key":"wallet_power"}' }),
    );
    assert.deepEqual(actionTypes, { ...defaultActionTypes, add_public_key: "wallet_power" });
  });

  it("asks about swaps with their counterparties, unless told otherwise (rule: policy-sees-who-gets-what)", () => {
    const swapTo = (more: object) => readSignerProxyProcessConfig(new ConfigReader({ ...good, ...more })).swapTo;
    assert.equal(swapTo({}), "counterparty");
    assert.equal(swapTo({ POLICY_SWAP_TO: "none" }), "none");
  });

  const rows: readonly [string, string, string][] = [
    ...["call", "transfer", "intents_deposit"].map((type): [string, string, string] => [
      "POLICY_ACTION_TYPES_JSON",
      JSON.stringify({ set_auth_by_predecessor_id: type }),
      "POLICY_ACTION_TYPES_JSON must give set_auth_by_predecessor_id a type that stands for no other kind of action",
    ]),
    [
      "POLICY_ACTION_TYPES_JSON",
      '{"token_diff":"swap","add_public_key":"swap"}',
      "POLICY_ACTION_TYPES_JSON must give add_public_key a type that stands for no other kind of action",
    ],
    ["POLICY_SWAP_TO", "nobody", "POLICY_SWAP_TO must be counterparty or none"],
    ["KEYSTORE_URL", "ftp://x", "KEYSTORE_URL must be an http or https URL"],
    [
      "KEYSTORE_URL",
      "http://user:secret@x",
      "KEYSTORE_URL must be an http or https URL without credentials, query and fragment",
    ],
    ["KEYSTORE_AUTH_TOKEN", "a\nb", "KEYSTORE_AUTH_TOKEN must be printable ASCII without whitespace"],
    ["GRANT_SECRET", "x".repeat(31), "GRANT_SECRET must have at least 32 characters"],
    ["USAGE_SECRET", "x".repeat(31), "USAGE_SECRET must have at least 32 characters"],
    ["WRAPPED_NEAR_ID", "nep141:wrap.near", "WRAPPED_NEAR_ID must be a NEAR account id"],
    ["VERIFIER_ID", "Intents.near", "VERIFIER_ID must be a NEAR account id"],
    ["POLICY_ACTION_TYPES_JSON", "{", "POLICY_ACTION_TYPES_JSON must be JSON"],
    ["POLICY_ACTION_TYPES_JSON", "[]", "POLICY_ACTION_TYPES_JSON must be an object of what a step does to policy type"],
    [
      "POLICY_ACTION_TYPES_JSON",
      '{"swap":"x"}',
      `POLICY_ACTION_TYPES_JSON must have keys among ${actionKinds.join(", ")}`,
    ],
    [
      "POLICY_ACTION_TYPES_JSON",
      '{"transfer":"Call"}',
      "POLICY_ACTION_TYPES_JSON must map to policy types of lower-case letters, digits and underscores",
    ],
  ];
  for (const [name, value, problem] of rows) {
    it(`refuses, without quoting it, a wrong ${name}: ${problem}`, () => {
      assert.deepEqual(problems({ ...good, [name]: value }), [problem]);
    });
  }
});

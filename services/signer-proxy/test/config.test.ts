import assert from "node:assert/strict";
import { ConfigError, ConfigReader } from "@outlayer/kit";
import { readSignerProxyProcessConfig } from "../src/config.ts";
import { defaultActionTypes } from "../src/core/action-types.ts";

const good = {
  KEYSTORE_URL: "http://127.0.0.1:8081/",
  KEYSTORE_AUTH_TOKEN: "token-1",
  GRANT_SECRET: "0123456789abcdef0123456789abcdef",
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
    assert.deepEqual(config.actionTypes, defaultActionTypes);
    assert.equal(config.grpcBind.port, 9002);
  });

  it("says everything that is missing at once", () => {
    assert.deepEqual(problems({}), [
      "KEYSTORE_URL is required",
      "KEYSTORE_AUTH_TOKEN (or KEYSTORE_AUTH_TOKEN_FILE) is required",
      "GRANT_SECRET (or GRANT_SECRET_FILE) is required",
    ]);
  });

  it("takes a table of policy types with some of its keys", () => {
    const { actionTypes } = readSignerProxyProcessConfig(
      new ConfigReader({ ...good, POLICY_ACTION_TYPES_JSON: '{"transfer":"transfer"}' }),
    );
    assert.deepEqual(actionTypes, { ...defaultActionTypes, transfer: "transfer" });
  });

  const rows: readonly [string, string, string][] = [
    ["KEYSTORE_URL", "ftp://x", "KEYSTORE_URL must be an http or https URL"],
    [
      "KEYSTORE_URL",
      "http://user:secret@x",
      "KEYSTORE_URL must be an http or https URL without credentials, query and fragment",
    ],
    ["KEYSTORE_AUTH_TOKEN", "a\nb", "KEYSTORE_AUTH_TOKEN must be printable ASCII without whitespace"],
    ["GRANT_SECRET", "x".repeat(31), "GRANT_SECRET must have at least 32 characters"],
    ["VERIFIER_ID", "Intents.near", "VERIFIER_ID must be a NEAR account id"],
    ["POLICY_ACTION_TYPES_JSON", "{", "POLICY_ACTION_TYPES_JSON must be JSON"],
    ["POLICY_ACTION_TYPES_JSON", "[]", "POLICY_ACTION_TYPES_JSON must be an object of what a step does to policy type"],
    [
      "POLICY_ACTION_TYPES_JSON",
      '{"swap":"x"}',
      `POLICY_ACTION_TYPES_JSON must have keys among ${Object.keys(defaultActionTypes).join(", ")}`,
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

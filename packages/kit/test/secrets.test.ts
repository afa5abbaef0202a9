import assert from "node:assert/strict";
import {
  type ConfigReader,
  type Environment,
  matchesAny,
  readNatsConfig,
  readServiceToken,
  readSharedSecret,
} from "@outlayer/kit";
import { problemsOf } from "./support/config-problems.ts";

const a = "first-secret-0123456789abcdef0123456789";
const b = "second-secret-0123456789abcdef012345678";

const problems = (environment: Environment, ...reads: readonly ((reader: ConfigReader) => unknown)[]) =>
  problemsOf(environment, [a, b, "short"], ...reads);

const grant = (reader: ConfigReader) => readSharedSecret(reader, "GRANT_SECRET");
const usage = (reader: ConfigReader) => readSharedSecret(reader, "USAGE_SECRET");

describe("shared secrets", () => {
  it("of fewer than 32 characters are refused, each by the name of its variable", () => {
    assert.deepEqual(problems({ GRANT_SECRET: "short", SERVICE_TOKEN: a.slice(0, 31) }, grant, readServiceToken), [
      "GRANT_SECRET must have at least 32 characters",
      "SERVICE_TOKEN must have at least 32 characters",
    ]);
    const long = { GRANT_SECRET: a.slice(0, 32), SERVICE_TOKEN: b.slice(0, 32) };
    assert.deepEqual(problems(long, grant, readServiceToken), []);
  });

  const clashes: readonly [string, Environment, readonly ((reader: ConfigReader) => unknown)[], string][] = [
    [
      "two variables",
      { GRANT_SECRET: a, USAGE_SECRET: a },
      [grant, usage],
      "GRANT_SECRET and USAGE_SECRET must differ",
    ],
    [
      "the password of NATS and a secret",
      { NATS_URL: `nats://user:${a}@127.0.0.1`, USAGE_SECRET: a },
      [readNatsConfig, usage],
      "the password or token in NATS_URL and USAGE_SECRET must differ",
    ],
    [
      "the token of NATS and a secret",
      { NATS_URL: `nats://${a}@127.0.0.1`, USAGE_SECRET: a },
      [usage, readNatsConfig],
      "USAGE_SECRET and the password or token in NATS_URL must differ",
    ],
  ];
  for (const [what, environment, reads, problem] of clashes) {
    it(`that are equal are refused: ${what}`, () => assert.deepEqual(problems(environment, ...reads), [problem]));
  }

  it("that are read twice, as by several services in one process, do not clash with themselves", () => {
    const all = { GRANT_SECRET: b, NATS_URL: "nats://user:password@127.0.0.1" };
    assert.deepEqual(problems(all, grant, readNatsConfig, grant, readNatsConfig), []);
  });

  it("of counterparts may be short, and are missing without a clash", () => {
    assert.deepEqual(problems({ NATS_URL: "nats://user:p@127.0.0.1" }, readNatsConfig, readServiceToken), []);
    assert.deepEqual(problems({ NATS_URL: "nats://127.0.0.1" }, readNatsConfig, readServiceToken), []);
  });

  it("compares secrets whole", () => {
    assert.equal(matchesAny("token-a", ["token-b", "token-a"]), true);
    for (const wrong of ["token-", "token-aa", "", "TOKEN-A"])
      assert.equal(matchesAny(wrong, ["token-b", "token-a"]), false);
    assert.equal(matchesAny("", []), false);
  });
});

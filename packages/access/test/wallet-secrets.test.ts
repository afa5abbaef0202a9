import assert from "node:assert/strict";
import { readWalletCredentials, walletApiKeys } from "@outlayer/access";
import {
  type ConfigReader,
  type Environment,
  readNatsConfig,
  readServiceToken,
  readSharedSecret,
  sha256Hex,
} from "@outlayer/kit";
import { problemsOf } from "../../kit/test/support/config-problems.ts";

const a = "first-secret-0123456789abcdef0123456789";
const b = "second-secret-0123456789abcdef012345678";
const key = "wk_0123456789abcdefghijklmn";
const tokens = { INTERNAL_WALLET_AUTH_TOKEN: a };

const problems = (environment: Environment, ...reads: readonly ((reader: ConfigReader) => unknown)[]) =>
  problemsOf(environment, [a, b, key, sha256Hex(key), "short"], ...reads);

const grant = (reader: ConfigReader) => readSharedSecret(reader, "GRANT_SECRET");
const keys = (members: object) => ({ ...tokens, WALLET_API_KEYS_JSON: JSON.stringify(members) });

describe("secrets of wallets' calls", () => {
  it("of fewer than 32 characters are refused, each by the name of its variable", () => {
    const short = { GRANT_SECRET: "short", SERVICE_TOKEN: a.slice(0, 31), INTERNAL_WALLET_AUTH_TOKEN: "short-too" };
    assert.deepEqual(problems(short, grant, readServiceToken, readWalletCredentials), [
      "GRANT_SECRET must have at least 32 characters",
      "SERVICE_TOKEN must have at least 32 characters",
      "INTERNAL_WALLET_AUTH_TOKEN must have at least 32 characters",
    ]);
    const long = { GRANT_SECRET: a.slice(0, 32), SERVICE_TOKEN: b.slice(0, 32), INTERNAL_WALLET_AUTH_TOKEN: a };
    assert.deepEqual(problems(long, grant, readServiceToken, readWalletCredentials), []);
  });

  it("of fewer than 32 characters are refused in a list as well, by their place in it", () => {
    const list = { INTERNAL_WALLET_AUTH_TOKEN: `${a}, short` };
    assert.deepEqual(problems(list, readWalletCredentials), [
      "INTERNAL_WALLET_AUTH_TOKEN (entry 2) must have at least 32 characters",
    ]);
  });

  const clashes: readonly [string, Environment, readonly ((reader: ConfigReader) => unknown)[], string][] = [
    [
      "an entry of a list and another variable",
      { INTERNAL_WALLET_AUTH_TOKEN: `${b},${a}`, SERVICE_TOKEN: a },
      [readServiceToken, readWalletCredentials],
      "SERVICE_TOKEN and INTERNAL_WALLET_AUTH_TOKEN (entry 2) must differ",
    ],
    [
      "two entries of a list",
      { INTERNAL_WALLET_AUTH_TOKEN: `${a},${b},${a}` },
      [readWalletCredentials],
      "INTERNAL_WALLET_AUTH_TOKEN (entry 1) and INTERNAL_WALLET_AUTH_TOKEN (entry 3) must differ",
    ],
    [
      "a wallet's key and a token",
      { INTERNAL_WALLET_AUTH_TOKEN: `wk_${a}`, WALLET_API_KEYS_JSON: JSON.stringify({ [`wk_${a}`]: "wallet-1" }) },
      [readWalletCredentials],
      "INTERNAL_WALLET_AUTH_TOKEN and WALLET_API_KEYS_JSON (key of wallet-1) must differ",
    ],
    [
      "a wallet's key, of which only the digest is known, and a token",
      { ...tokens, WALLET_API_KEYS_JSON: JSON.stringify({ [`sha256:${sha256Hex(a)}`]: "wallet-1" }) },
      [readWalletCredentials],
      "INTERNAL_WALLET_AUTH_TOKEN and WALLET_API_KEYS_JSON (key of wallet-1) must differ",
    ],
  ];
  for (const [what, environment, reads, problem] of clashes) {
    it(`that are equal are refused: ${what}`, () => assert.deepEqual(problems(environment, ...reads), [problem]));
  }

  it("that are read twice, as by several services in one process, do not clash with themselves", () => {
    const all = { ...keys({ [key]: "wallet-1" }), GRANT_SECRET: b, NATS_URL: "nats://user:password@127.0.0.1" };
    const reads = [grant, readWalletCredentials, readNatsConfig];
    assert.deepEqual(problems(all, ...reads, ...reads), []);
    const list = { INTERNAL_WALLET_AUTH_TOKEN: `${a},${b}` };
    assert.deepEqual(problems(list, readWalletCredentials, readWalletCredentials), []);
  });

  it("of counterparts may be short, and are missing without a clash", () => {
    const short = { ...tokens, NATS_URL: "nats://user:p@127.0.0.1" };
    assert.deepEqual(problems(short, readNatsConfig, readWalletCredentials), []);
  });
});

describe("API keys of wallets", () => {
  it("are kept as digests, whether given as such or in the clear", () => {
    const digest = "a".repeat(64);
    const kept = walletApiKeys(JSON.stringify({ [key]: "wallet-1", [`sha256:${digest}`]: "wallet-2" }));
    assert.deepEqual(
      [...kept],
      [
        [sha256Hex(key), "wallet-1"],
        [digest, "wallet-2"],
      ],
    );
  });

  it("with fewer than 24 characters after wk_ are refused, by the wallet's name", () => {
    assert.deepEqual(problems(keys({ [key]: "wallet-1", [key.slice(0, 26)]: "wallet-2" }), readWalletCredentials), [
      "WALLET_API_KEYS_JSON must have keys with at least 24 characters after wk_; wallet-2's has fewer",
    ]);
    assert.deepEqual(problems(keys({ [key]: "wallet-1" }), readWalletCredentials), []);
  });

  const twice: readonly [string, string][] = [
    ["in the clear and as a digest", JSON.stringify({ [`sha256:${sha256Hex(key)}`]: "wallet-1", [key]: "wallet-2" })],
    ["in the clear twice", `{"${key}":"wallet-1","${key}":"wallet-2"}`],
    ["in two spellings of JSON", `{"${key}":"wallet-1","\\u0077${key.slice(1)}":"wallet-2"}`],
  ];
  for (const [how, text] of twice) {
    it(`are refused where one opens two wallets, given ${how}`, () => {
      assert.deepEqual(problems({ ...tokens, WALLET_API_KEYS_JSON: text }, readWalletCredentials), [
        "WALLET_API_KEYS_JSON must hold each key once: one is of wallet-1 and of wallet-2",
      ]);
    });
  }

  const malformed = [
    "[]",
    "5",
    "{",
    `{"${key}":"w",}`,
    `{"${key.slice(3)}":"w"}`,
    `{"${key}":5}`,
    `{"${key}":{}}`,
    `{"${key}":""}`,
    `{"${key}":"a b"}`,
    '{"sha256:ABC":"w"}',
  ];
  for (const text of malformed) {
    it(`are refused as ${text}`, () => assert.throws(() => walletApiKeys(text), { name: "Malformed" }));
  }
});

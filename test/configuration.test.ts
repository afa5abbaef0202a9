import assert from "node:assert/strict";
import { inspect } from "node:util";
import { ownVariables } from "@outlayer/distributed";
import { ConfigError, ConfigReader, type Environment, type ServiceName, serviceNames } from "@outlayer/kit";
import { readBroadcasterProcessConfig } from "../services/broadcaster/src/config.ts";
import { readEvidenceProcessConfig } from "../services/evidence/src/config.ts";
import { readGatewayProcessConfig } from "../services/gateway/src/config.ts";
import { readPlannerProcessConfig } from "../services/planner/src/config.ts";
import { readSignerProxyProcessConfig } from "../services/signer-proxy/src/config.ts";

const key = "ed25519:3tHLSGq8EWFaKfZAFFTU9M1wyjrn8XWR1RrmJHSg7HgiMauDofvHE6tP1E6odKgaCKxvQ5GaMZnZnbza1zxnUXKY";
const usage = { USAGE_SECRET: "9876543210".repeat(4) };
const wallets = { INTERNAL_WALLET_AUTH_TOKEN: "token", WALLET_API_KEYS_JSON: "{}" };

/** What each service needs at least, and all its secrets. */
const services: Readonly<
  Record<ServiceName, { read: (reader: ConfigReader) => unknown; plain: Environment; secrets: Environment }>
> = {
  gateway: {
    read: readGatewayProcessConfig,
    plain: { PLANNER_URL: "http://a", EVIDENCE_URL: "http://a" },
    secrets: { ...wallets, SERVICE_TOKEN: "s" },
  },
  planner: {
    read: readPlannerProcessConfig,
    plain: { SIGNER_PROXY_URL: "http://a", BROADCASTER_URL: "http://a", EVIDENCE_URL: "http://a" },
    secrets: { ...wallets, SERVICE_TOKEN: "s" },
  },
  "signer-proxy": {
    read: readSignerProxyProcessConfig,
    plain: { KEYSTORE_URL: "http://a" },
    secrets: { KEYSTORE_AUTH_TOKEN: "t", GRANT_SECRET: "0123456789".repeat(4), ...usage, SERVICE_TOKEN: "s" },
  },
  broadcaster: {
    read: readBroadcasterProcessConfig,
    plain: {
      EVIDENCE_URL: "http://a",
      SIGNER_PROXY_URL: "http://a",
      RELAYER_ACCOUNT_ID: "r.near",
      APPROVER_ACCOUNT_ID: "a.near",
    },
    secrets: { RELAYER_SECRET_KEY: key, APPROVER_SECRET_KEY: key, NEAR_RPC_URL: "http://a/key", SERVICE_TOKEN: "s" },
  },
  evidence: {
    read: readEvidenceProcessConfig,
    plain: {},
    secrets: { ...wallets, DATABASE_URL: "sqlite:a", ...usage, SERVICE_TOKEN: "s" },
  },
};

/** An environment that notes which variables are asked for. */
function watched(environment: Environment): { environment: Environment; asked: Set<string> } {
  const asked = new Set<string>();
  return {
    asked,
    environment: new Proxy(environment, {
      get(target, name) {
        asked.add(String(name));
        return target[String(name)];
      },
    }),
  };
}

describe("configuration of each service", () => {
  for (const name of serviceNames) {
    const { read, plain, secrets } = services[name];
    it(`${name} takes each of its secrets from a file as well`, () => {
      const files = Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`/run/${name}`, `${value}\n`]));
      const readFile = (path: string) => files[path] ?? assert.fail(path);
      const named = Object.fromEntries(Object.keys(secrets).map((name) => [`${name}_FILE`, `/run/${name}`]));
      const fromFiles = read(new ConfigReader({ ...plain, ...named }, readFile));
      // As text: key objects are alike and not equal.
      const shown = (config: unknown) => inspect(config, { depth: null });
      assert.equal(shown(fromFiles), shown(read(new ConfigReader({ ...plain, ...secrets }))));
    });

    it(`${name} asks for nobody else's secrets`, () => {
      const { environment, asked } = watched({ ...plain, ...secrets });
      read(new ConfigReader(environment));
      const others = Object.values(services).flatMap((other) => Object.keys(other.secrets));
      const foreign = others.filter((secret) => !(secret in secrets));
      assert.ok(foreign.length > 0);
      for (const secret of foreign) for (const variable of [secret, `${secret}_FILE`]) assert.ok(!asked.has(variable));
    });

    it(`${name} is given by the runner of processes what it reads, and nothing else`, () => {
      const { environment, asked } = watched({ ...plain, ...secrets });
      read(new ConfigReader(environment));
      const setByRunner = /^(GRPC_|HTTP_)?BIND_ADDR$|^(PLANNER|SIGNER_PROXY|BROADCASTER|EVIDENCE)_URL$/;
      const isItsFile = (variable: string) => variable.endsWith("_FILE") && asked.has(variable.slice(0, -5));
      const ownOnes = [...asked].filter((variable) => !setByRunner.test(variable) && !isItsFile(variable));
      assert.deepEqual(ownVariables[name].toSorted(), ownOnes.toSorted());
    });

    it(`${name} says what is wrong with all of it at once, and quotes none of it`, () => {
      const bad = Object.fromEntries(Object.keys({ ...plain, ...secrets }).map((name) => [name, "hunter2 \u0000,"]));
      const error = ((): unknown => {
        try {
          return read(new ConfigReader({ ...bad, LOG_LEVEL: "hunter2", GRPC_BIND_ADDR: "hunter2" }));
        } catch (caught) {
          return caught;
        }
      })();
      assert.ok(error instanceof ConfigError);
      assert.ok(error.problems.length > 2);
      assert.doesNotMatch(error.message, /hunter2/);
    });
  }
});

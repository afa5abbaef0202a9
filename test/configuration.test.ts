import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { ownVariables } from "@outlayer/distributed";
import { readProductConfig } from "@outlayer/embedded";
import { ConfigError, ConfigReader, type Environment, type ServiceName, serviceNames } from "@outlayer/kit";
import { serviceConfigs, watched } from "./support/service-configuration.ts";

const key = "ed25519:3tHLSGq8EWFaKfZAFFTU9M1wyjrn8XWR1RrmJHSg7HgiMauDofvHE6tP1E6odKgaCKxvQ5GaMZnZnbza1zxnUXKY";
const service = { SERVICE_TOKEN: "service-token-0123456789abcdef0123456" };
const usage = { USAGE_SECRET: "9876543210".repeat(4) };
const wallets = { INTERNAL_WALLET_AUTH_TOKEN: "internal-token-0123456789abcdef012345", WALLET_API_KEYS_JSON: "{}" };

/** What each service needs at least, and all its secrets. */
const services: Readonly<Record<ServiceName, { plain: Environment; secrets: Environment }>> = {
  gateway: {
    plain: { PLANNER_URL: "http://a", EVIDENCE_URL: "http://a" },
    secrets: { ...wallets, ...service },
  },
  planner: {
    plain: {
      ...{ SIGNER_PROXY_URL: "http://a", BROADCASTER_URL: "http://a", EVIDENCE_URL: "http://a" },
      ...{ QUOTES_1CLICK_URL: "https://a", QUOTES_BUS_URL: "https://a" },
    },
    secrets: {
      ...wallets,
      ...service,
      QUOTES_1CLICK_TOKEN: "one-click-token-0123456789",
      QUOTES_BUS_TOKEN: "message-bus-token-0123456789",
    },
  },
  "signer-proxy": {
    plain: { KEYSTORE_URL: "http://a" },
    secrets: { KEYSTORE_AUTH_TOKEN: "t", GRANT_SECRET: "0123456789".repeat(4), ...usage, ...service },
  },
  broadcaster: {
    plain: {
      EVIDENCE_URL: "http://a",
      SIGNER_PROXY_URL: "http://a",
      RELAYER_ACCOUNT_ID: "r.near",
      APPROVER_ACCOUNT_ID: "a.near",
    },
    secrets: { RELAYER_SECRET_KEY: key, APPROVER_SECRET_KEY: key, NEAR_RPC_URL: "http://a/key", ...service },
  },
  evidence: {
    plain: {},
    secrets: { ...wallets, DATABASE_URL: "sqlite:a", ...usage, ...service },
  },
};

/** Secrets of ours, and the one that the keystore gives out. */
const shared = ["INTERNAL_WALLET_AUTH_TOKEN", "SERVICE_TOKEN", "GRANT_SECRET", "USAGE_SECRET"] as const;
const compared = [...shared, "KEYSTORE_AUTH_TOKEN"] as const;

/** @returns what keeps the service, or the product, from starting */
function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
}

/** Every two different ones of these. */
function pairs<T>(of: readonly T[]): readonly (readonly [T, T])[] {
  return of.flatMap((one, index) => of.slice(index + 1).map((other) => [one, other] as const));
}

interface Row {
  readonly variable: string;
  readonly readers: readonly ServiceName[];
  /** `required`, `none` and the like, or a value between backticks. */
  readonly fallback: string;
}

/** The variables of the tables in docs/operator.md. */
function readPage(): readonly Row[] {
  const page = readFileSync(new URL("../docs/operator.md", import.meta.url), "utf8");
  const start = page.indexOf("\n## Configuration\n");
  const section = page.slice(start, page.indexOf("\n## ", start + 1));
  return [...section.matchAll(/^\| (`[A-Z].*?) \| (.+?) \| (.+?) \| .+ \|$/gm)].flatMap(
    ([, names = "", by = "", fallback = ""]) => {
      const readers = serviceNames.filter(
        (name) => by === "all" || by.split(" ").includes(name.slice(0, 1).toUpperCase()),
      );
      return [...names.matchAll(/`([A-Z\d_]+)`/g)].map(([, variable = ""]) => ({ variable, readers, fallback }));
    },
  );
}

describe("configuration of each service", () => {
  const rows = readPage();
  for (const name of serviceNames) {
    const read = serviceConfigs[name];
    const { plain, secrets } = services[name];
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

    it(`${name} reads the variables that docs/operator.md names for it, and nothing else`, () => {
      const { environment, asked } = watched({ ...plain, ...secrets });
      read(new ConfigReader(environment));
      const isItsFile = (variable: string) => variable.endsWith("_FILE") && asked.has(variable.slice(0, -5));
      const documented = rows.filter(({ readers }) => readers.includes(name)).map(({ variable }) => variable);
      assert.deepEqual(documented.toSorted(), [...asked].filter((variable) => !isItsFile(variable)).toSorted());
    });

    it(`${name} has the defaults that docs/operator.md names, and does not start without what is required`, () => {
      const least: Environment = { ...plain, ...secrets };
      for (const { variable, fallback } of rows.filter(({ readers }) => readers.includes(name))) {
        const { [variable]: _, ...without } = least;
        if (fallback === "required") {
          const problems = problemsOf(() => read(new ConfigReader(without)));
          assert.ok(
            problems.some((problem) => problem.startsWith(`${variable} `)),
            `${variable} is required`,
          );
        }
        const [, value] = /^`([^`]+)`$/.exec(fallback) ?? [];
        if (value === undefined) continue;
        const shown = (environment: Environment) => inspect(read(new ConfigReader(environment)), { depth: null });
        assert.equal(shown({ ...without, [variable]: value }), shown(without), `${variable} is ${value} by default`);
      }
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

    it(`${name} does not start with a shared secret of fewer than 32 characters`, () => {
      const own = shared.filter((variable) => variable in secrets);
      for (const variable of own) {
        const environment = { ...plain, ...secrets, [variable]: "x".repeat(31) };
        const found = problemsOf(() => read(new ConfigReader(environment)));
        assert.deepEqual(found, [`${variable} must have at least 32 characters`]);
      }
      assert.ok(own.length > 0);
    });

    it(`${name} does not start with two secrets that are the same`, () => {
      const others = compared.filter((variable) => variable in secrets);
      const same = "abcdefghij".repeat(4);
      const nats = { NATS_URL: `nats://user:${same}@127.0.0.1` };
      for (const [one, other] of pairs(others)) {
        const environment = { ...plain, ...secrets, [one]: same, [other]: same };
        const [problem, ...more] = problemsOf(() => read(new ConfigReader(environment)));
        assert.match(problem ?? "", new RegExp(`^(${one} and ${other}|${other} and ${one}) must differ$`));
        assert.deepEqual(more, []);
      }
      // Signer-proxy and planner have nothing to do with NATS.
      const readsNats = ownVariables[name].includes("NATS_URL");
      const found = problemsOf(() => read(new ConfigReader({ ...plain, ...secrets, ...nats, SERVICE_TOKEN: same })));
      assert.equal(found.length, readsNats ? 1 : 0);
    });
  }

  it("evidence does not start with a secret that is its database's password, however that is escaped", () => {
    const { plain, secrets } = services.evidence;
    const password = "p%40ssword-of-the-database-0123456789";
    const environment = {
      ...plain,
      ...secrets,
      DATABASE_URL: `mongodb://user:${password}@db.test/evidence`,
      USAGE_SECRET: decodeURIComponent(password),
    };
    const found = problemsOf(() => serviceConfigs.evidence(new ConfigReader(environment)));
    assert.deepEqual(found, ["the password in DATABASE_URL and USAGE_SECRET must differ"]);
  });
});

describe("configuration of the embedded product", () => {
  const all = Object.values(services).map(({ plain, secrets }) => ({ ...plain, ...secrets }));
  const environment: Environment = Object.assign({}, ...all);
  const found = (changes: Environment) => problemsOf(() => readProductConfig({ ...environment, ...changes }));

  it("takes the variables of all five services, several of which read the same secret", () => {
    assert.deepEqual(found({}), []);
    assert.equal(readProductConfig(environment).serviceToken, service.SERVICE_TOKEN);
  });

  for (const variable of shared) {
    it(`does not start with fewer than 32 characters in ${variable}, nor without it`, () => {
      assert.deepEqual(found({ [variable]: "x".repeat(31) }), [`${variable} must have at least 32 characters`]);
      assert.deepEqual(found({ [variable]: "" }), [`${variable} (or ${variable}_FILE) is required`]);
    });
  }

  for (const [one, other] of pairs(compared)) {
    it(`does not start with the same secret in ${one} and ${other}, though no service may read both`, () => {
      const same = "abcdefghij".repeat(4);
      const [problem, ...more] = found({ [one]: same, [other]: same });
      assert.match(problem ?? "", new RegExp(`^(${one} and ${other}|${other} and ${one}) must differ$`));
      assert.deepEqual(more, []);
    });
  }
});

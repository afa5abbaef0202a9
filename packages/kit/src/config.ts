import { readFileSync } from "node:fs";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One line per variable that is missing or wrong. Never holds a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`configuration:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** Turns a variable's text into its value. @throws Error with what it must be, e.g. "must be a decimal integer" */
export type Parse<T> = (text: string) => T;

/**
 * Reads a service's own variables and collects every problem, to be reported at once. A variable set to the empty
 * string counts as unset.
 */
export class ConfigReader {
  readonly #problems = new Set<string>();
  /** The variable that holds each secret, by the secret's digest. */
  readonly #places = new Map<string, string>();
  readonly #environment: Environment;
  readonly #readFile: (path: string) => string;

  constructor(environment: Environment, readFile = (path: string) => readFileSync(path, "utf8")) {
    this.#environment = environment;
    this.#readFile = readFile;
  }

  /** A reader of the same variables that reads the files among them anew, and has no problems yet. */
  again(): ConfigReader {
    return new ConfigReader(this.#environment, this.#readFile);
  }

  required<T>(name: string, parse: Parse<T>): T {
    return this.#read(name, this.#plain(name), parse, () => this.#fail(`${name} is required`));
  }

  optional<T, D>(name: string, parse: Parse<T>, fallback: D): T | D {
    return this.#read(name, this.#plain(name), parse, () => fallback);
  }

  /** Like `required`, for a secret: `<name>_FILE` may name a file that holds it; trailing line ends are cut. */
  requiredSecret<T>(name: string, parse: Parse<T>): T {
    return this.#read(name, this.#secret(name), parse, () => this.#fail(`${name} (or ${name}_FILE) is required`));
  }

  optionalSecret<T, D>(name: string, parse: Parse<T>, fallback: D): T | D {
    return this.#read(name, this.#secret(name), parse, () => fallback);
  }

  /** Whether a variable has a text that is not empty. */
  isSet(name: string): boolean {
    return this.#plain(name) !== undefined;
  }

  /** Reads a file that holds a secret, trailing line ends cut. @throws the file system's error */
  readonly readSecretFile = (path: string): string => this.#readFile(path).replace(/[\r\n]+$/, "");

  /** Adds a problem that concerns several variables. */
  problem(text: string): void {
    this.#problems.add(text);
  }

  /**
   * Adds a problem if another place holds the same secret. One place may be read twice, as by several services in one process.
   * @param place e.g. `GRANT_SECRET`, as a problem names it @param sha256 lower-case hex, of the secret
   */
  distinct(place: string, sha256: string): void {
    const other = this.#places.get(sha256) ?? place;
    this.#places.set(sha256, other);
    if (other !== place) this.problem(`${other} and ${place} must differ`);
  }

  /** @throws ConfigError when anything was missing or wrong */
  check(): void {
    if (this.#problems.size > 0) throw new ConfigError([...this.#problems]);
  }

  #plain(name: string): string | undefined {
    return this.#environment[name] || undefined;
  }

  #secret(name: string): string | undefined {
    const plain = this.#plain(name);
    const path = this.#plain(`${name}_FILE`);
    if (path === undefined) return plain;
    if (plain !== undefined) {
      this.#problems.add(`${name} and ${name}_FILE are both set`);
      return undefined;
    }
    try {
      return this.readSecretFile(path) || undefined;
    } catch (error) {
      this.#problems.add(`${name}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
      return undefined;
    }
  }

  #read<T, D>(name: string, text: string | undefined, parse: Parse<T>, absent: () => D): T | D {
    if (text === undefined) return absent();
    try {
      return parse(text);
    } catch (error) {
      // Only messages of our own parsers are shown: a library's could quote the value.
      const reason = error instanceof Malformed ? error.message : "is malformed";
      return this.#fail(`${name} ${reason}`);
    }
  }

  #fail(problem: string): never {
    this.#problems.add(problem);
    // Never used: `check` throws before the configuration is returned.
    return undefined as never;
  }
}

/** Why a parser refuses a text. The message must not quote the text. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

export const text: Parse<string> = (value) => value;

export function oneOf<const T extends string>(...allowed: readonly T[]): Parse<T> {
  return (value) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw new Malformed(`must be one of ${allowed.join(", ")}`);
    return found;
  };
}

export function integer(min: number, max: number): Parse<number> {
  return (value) => {
    const parsed = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(parsed >= min && parsed <= max)) throw new Malformed(`must be an integer from ${min} to ${max}`);
    return parsed;
  };
}

export const decimal: Parse<bigint> = (value) => {
  if (!/^\d{1,39}$/.test(value)) throw new Malformed("must be a decimal integer");
  return BigInt(value);
};

export const flag: Parse<boolean> = (value) => oneOf("true", "false")(value) === "true";

/** Comma-separated. A problem of one entry among several names its place: `(entry 2) must be …`. */
export const list = <T>(parse: Parse<T>): Parse<readonly T[]> => {
  return (value) => {
    const items = value.split(",").map((item) => item.trim());
    if (items.some((item) => item === "")) throw new Malformed("must be a comma-separated list without empty entries");
    return items.map((item, index) => {
      try {
        return parse(item);
      } catch (error) {
        if (!(error instanceof Malformed) || items.length === 1) throw error;
        throw new Malformed(`(entry ${index + 1}) ${error.message}`);
      }
    });
  };
};

export const httpUrl: Parse<string> = (value) => {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new Malformed("must be an http or https URL");
  }
  return value.replace(/\/+$/, "");
};

/** `host:port`, as in `127.0.0.1:8080` or `[::1]:0`. */
export interface BindAddress {
  readonly host: string;
  readonly port: number;
}

export const bindAddress: Parse<BindAddress> = (value) => {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65535) throw new Malformed("must be host:port");
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
};

export function isLoopback(address: BindAddress): boolean {
  return address.host === "localhost" || address.host === "::1" || /^127(\.\d{1,3}){3}$/.test(address.host);
}

export const json: Parse<unknown> = (value) => {
  try {
    return JSON.parse(value);
  } catch {
    throw new Malformed("must be JSON");
  }
};

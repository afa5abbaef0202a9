import assert from "node:assert/strict";
import {
  bindAddress,
  ConfigError,
  ConfigReader,
  decimal,
  defaultPorts,
  type Environment,
  flag,
  httpUrl,
  integer,
  isLoopback,
  list,
  oneOf,
  type Parse,
  readCommonConfig,
  text,
} from "@outlayer/kit";

const files: Readonly<Record<string, string>> = { "/secret": "from-a-file\n", "/empty": "" };
const readFile = (path: string) => {
  const found = files[path];
  if (found === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
  return found;
};

function problems(environment: Environment, read: (reader: ConfigReader) => unknown): readonly string[] {
  const reader = new ConfigReader(environment, readFile);
  read(reader);
  try {
    reader.check();
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

describe("reading configuration", () => {
  it("reports every problem at once, each once, and never a value", () => {
    const found = problems({ B: "hunter2", E: "hunter2" }, (reader) => {
      reader.required("A", text);
      reader.required("B", integer(1, 5));
      reader.requiredSecret("C", text);
      reader.required("A", text);
      reader.optionalSecret("E", decimal, undefined);
    });
    assert.deepEqual(found, [
      "A is required",
      "B must be an integer from 1 to 5",
      "C (or C_FILE) is required",
      "E must be a decimal integer",
    ]);
  });

  it("takes a secret from a file, without the line's end", () => {
    const reader = new ConfigReader({ KEY_FILE: "/secret" }, readFile);
    assert.equal(reader.requiredSecret("KEY", text), "from-a-file");
    reader.check();
  });

  it("says which file cannot be read, and that a secret was given twice", () => {
    const secret = (reader: ConfigReader) => reader.requiredSecret("KEY", text);
    assert.deepEqual(problems({ KEY_FILE: "/nowhere" }, secret), [
      "KEY_FILE cannot be read: ENOENT",
      "KEY (or KEY_FILE) is required",
    ]);
    assert.deepEqual(problems({ KEY: "a", KEY_FILE: "/secret" }, secret)[0], "KEY and KEY_FILE are both set");
    assert.deepEqual(problems({ KEY_FILE: "/empty" }, secret), ["KEY (or KEY_FILE) is required"]);
  });

  it("takes a file only for a secret", () => {
    assert.deepEqual(
      problems({ A_FILE: "/secret" }, (reader) => reader.required("A", text)),
      ["A is required"],
    );
  });

  it("takes an empty variable for one that is not set", () => {
    const reader = new ConfigReader({ A: "" });
    assert.equal(reader.optional("A", integer(0, 9), 7), 7);
  });

  it("does not show the message of a parser that is not its own", () => {
    const leaky: Parse<never> = (value) => {
      throw new Error(`cannot parse ${value}`);
    };
    assert.deepEqual(
      problems({ A: "hunter2" }, (reader) => reader.required("A", leaky)),
      ["A is malformed"],
    );
  });

  const rows: readonly [string, Parse<unknown>, readonly (readonly [string, unknown])[], readonly string[]][] = [
    [
      "integer",
      integer(0, 10),
      [
        ["0", 0],
        ["10", 10],
      ],
      ["-1", "11", "1.5", "1e1", "ten", " 1"],
    ],
    [
      "decimal",
      decimal,
      [
        ["0", 0n],
        ["340282366920938463463374607431768211455", 2n ** 128n - 1n],
      ],
      ["-1", "0x1", "1.0", "a"],
    ],
    [
      "flag",
      flag,
      [
        ["true", true],
        ["false", false],
      ],
      ["yes", "1", "TRUE"],
    ],
    ["oneOf", oneOf("a", "b"), [["a", "a"]], ["c", "A"]],
    [
      "list",
      list(text),
      [
        ["a,b", ["a", "b"]],
        [" a , b ", ["a", "b"]],
      ],
      ["a,,b", ","],
    ],
    [
      "httpUrl",
      httpUrl,
      [
        ["http://a:1/", "http://a:1"],
        ["https://a/b", "https://a/b"],
      ],
      ["a", "ftp://a", "http://"],
    ],
    [
      "bindAddress",
      bindAddress,
      [
        ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
        ["[::1]:8080", { host: "::1", port: 8080 }],
      ],
      ["8080", "a:", "a:70000", ":1", "a:b"],
    ],
  ];
  for (const [name, parse, good, bad] of rows) {
    it(`parses ${name} and nothing else`, () => {
      for (const [value, expected] of good) assert.deepEqual(parse(value), expected);
      for (const value of bad) assert.throws(() => parse(value), { name: "Malformed" }, value);
    });
  }

  it("says which entry of a list is wrong, where there are several", () => {
    const numbers = (reader: ConfigReader) => reader.required("N", list(integer(0, 9)));
    assert.deepEqual(problems({ N: "1,hunter2,x" }, numbers), ["N (entry 2) must be an integer from 0 to 9"]);
    assert.deepEqual(problems({ N: "hunter2" }, numbers), ["N must be an integer from 0 to 9"]);
  });

  it("knows loopback addresses from others", () => {
    for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
      assert.equal(isLoopback({ host, port: 1 }), true, host);
    for (const host of ["0.0.0.0", "10.0.0.1", "::", "1270.0.0.1", "example.com"])
      assert.equal(isLoopback({ host, port: 1 }), false, host);
  });

  it("asks for a service token as soon as one listener is not on loopback", () => {
    const read = (reader: ConfigReader) => readCommonConfig(reader, "evidence");
    assert.deepEqual(problems({}, read), []);
    for (const name of ["GRPC_BIND_ADDR", "HTTP_BIND_ADDR"]) {
      assert.equal(problems({ [name]: "0.0.0.0:1" }, read).length, 1);
      assert.deepEqual(problems({ [name]: "0.0.0.0:1", SERVICE_TOKEN: "t".repeat(32) }, read), []);
    }
    const ports = Object.values(defaultPorts).flatMap(({ grpc, http }) => [grpc, http]);
    assert.equal(new Set(ports).size, ports.length);
  });
});

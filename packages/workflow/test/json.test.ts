import assert from "node:assert/strict";
import { InvalidRequest, maxJsonDepth, maxJsonValues, maxKeyLength, readJsonObject } from "@outlayer/workflow";
import fc from "fast-check";

function refusal(text: string): string {
  try {
    readJsonObject(text);
  } catch (error) {
    assert.ok(error instanceof InvalidRequest, `${error}`);
    return error.message.replace(/^invalid workflow JSON: /, "… ");
  }
  return "accepted";
}

describe("JSON text of a request", () => {
  const malformed: readonly (readonly [name: string, text: string, message: string])[] = [
    ["nothing", "", "… value expected at line 1 column 1"],
    ["a bracket left open", '{"steps": [', "… close bracket expected at line 1 column 12"],
    ["a brace left open on a later line", '{\n  "steps": []\n', "… close brace expected at line 3 column 1"],
    ["a comment", '{\n  // no\n  "steps": []}', "… invalid comment token at line 2 column 3"],
    ["a trailing comma in an object", '{"steps": [],}', "… property name expected at line 1 column 14"],
    ["a trailing comma in an array", '{"steps": [1,]}', "… value expected at line 1 column 14"],
    ["two values without a comma", '{"steps": [1 2]}', "… comma expected at line 1 column 14"],
    ["a key without a value", '{"steps"}', "… colon expected at line 1 column 9"],
    ["a key without quotes", "{steps: []}", "… invalid symbol at line 1 column 2"],
    ["single quotes", "{'steps': []}", "… invalid symbol at line 1 column 2"],
    ["text behind the document", "{} {}", "… end of file expected at line 1 column 4"],
    ["a byte order mark", "\uFEFF{}", "… invalid symbol at line 1 column 1"],
    ["a number with a leading zero", '{"a": 01}', "… comma expected at line 1 column 8"],
    ["a number that ends in its fraction", '{"a": 1.}', "… unexpected end of number at line 1 column 7"],
    ["a bare minus", '{"a": -}', "… invalid symbol at line 1 column 7"],
    ["NaN", '{"a": NaN}', "… invalid symbol at line 1 column 7"],
    ["a control character in a text", '{"a": "\u0001"}', "… invalid character at line 1 column 7"],
    ["a line end in a text", '{"a": "x\n"}', "… unexpected end of string at line 1 column 7"],
    ["an unknown escape", '{"a": "\\x41"}', "… invalid escape character at line 1 column 7"],
    ["an escape cut short", '{"a": "\\u12"}', "… invalid unicode at line 1 column 7"],
  ];
  for (const [name, text, message] of malformed) {
    it(`names line and column of ${name}`, () => {
      assert.equal(refusal(text), message);
    });
  }

  const ambiguous: readonly (readonly [name: string, text: string, message: string])[] = [
    ["an array as document", "[]", "… the document must be an object at $"],
    ["null as document", "null", "… the document must be an object at $"],
    ["half a surrogate pair in a text", '{"a": ["\\ud800"]}', "… a text holds half a surrogate pair at $.a[0]"],
    ["half a surrogate pair in a key", '{"a": {"\\udc00": 1}}', "… a key holds half a surrogate pair at $.a"],
    ["the key __proto__", '{"a": {"__proto__": {}}}', "… the key __proto__ is not allowed at $.a.__proto__"],
    [
      "the key __proto__ in disguise",
      '{"a": {"\\u005f_proto__": {}}}',
      "… the key __proto__ is not allowed at $.a.__proto__",
    ],
  ];
  for (const [name, text, message] of ambiguous) {
    it(`refuses ${name}`, () => {
      assert.equal(refusal(text), message);
    });
  }

  it("refuses duplicate keys with their path, in whatever spelling (rule: json-is-unambiguous)", () => {
    assert.equal(refusal('{"steps": [{"a": 1, "a": 1}]}'), "… duplicate key at $.steps[0].a");
    assert.equal(refusal('{"a b": 1, "\\u0061 b": 2}'), '… duplicate key at $["a b"]');
    assert.equal(refusal('{"a": {"x": 1}, "b": {"x": 2}}'), "accepted");
  });

  for (const number of [
    "9007199254740993",
    "-9007199254740993",
    "9007199254740992",
    "90071992547409930e-1",
    "9007199254740993.0",
    "1e16",
    "1e999",
  ]) {
    it(`refuses the integer ${number} with its path (rule: json-is-unambiguous)`, () => {
      assert.equal(refusal(`{"a": [{"gas": ${number}}]}`), "… integer beyond 2^53 at $.a[0].gas");
    });
  }
  for (const number of ["9007199254740991", "-9007199254740991", "1e15", "0.5", "1e-999", "-0"]) {
    it(`accepts the number ${number} (rule: json-is-unambiguous)`, () => {
      assert.deepEqual(readJsonObject(`{"a": ${number}}`), { a: Number(number) });
    });
  }

  it("refuses what is nested deeper than 24 levels, and no less", () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`;
    assert.equal(refusal(nested(maxJsonDepth)), "accepted");
    assert.equal(refusal(nested(maxJsonDepth + 1)), `… nested deeper than 24 levels at $${".a".repeat(maxJsonDepth)}`);
  });

  it("many small values cannot be had read: refused with the place of the first one too many, and no fewer", () => {
    const zeros = (count: number) => `{"steps": [], "x": [${Array.from({ length: count }, () => 0).join()}]}`;
    // The document, `steps` and `x` are values as well.
    assert.equal(refusal(zeros(maxJsonValues - 3)), "accepted");
    assert.equal(refusal(zeros(maxJsonValues - 2)), "… more than 5000 values at $.x[4997]");
    const objects = `{"x": [${Array.from({ length: maxJsonValues }, () => "{}").join()}]}`;
    assert.equal(refusal(objects), "… more than 5000 values at $.x[4998]");
  });

  it("refuses keys longer than 1024 characters, and no shorter ones", () => {
    assert.equal(refusal(`{"a": {"${"k".repeat(maxKeyLength)}": 1}}`), "accepted");
    assert.equal(
      refusal(`{"a": {"${"k".repeat(maxKeyLength + 1)}": 1}}`),
      "… a key is longer than 1024 characters at $.a",
    );
  });

  it("shows no more than the beginning of a long key", () => {
    const key = "k".repeat(1000);
    assert.equal(refusal(`{"${key}": 1e99}`), `… integer beyond 2^53 at $["${"k".repeat(32)}…"]`);
  });

  const size = 256 * 1024;
  const hostile: readonly (readonly [name: string, text: string])[] = [
    ["open brackets", "[".repeat(size)],
    ["open objects", '{"a":'.repeat(size / 5)],
    ["digits", `{"a": ${"9".repeat(size)}}`],
    ["escapes without an end", `{"a": "${"\\u0061".repeat(size / 6)}`],
    ["duplicate keys at the end", `{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":0`).join()},"k0":1}`],
    ["zeros", `{"steps": [], "x": [${"0,".repeat(size / 2 - 20)}0]}`],
    ["empty objects", `{"x": [${"{},".repeat(size / 3 - 10)}{}]}`],
    ["commas", `{"a": [${",".repeat(size)}]}`],
    ["quotes", '"'.repeat(size)],
    ["a comment without an end", `/*${" *".repeat(size / 2)}`],
  ];
  for (const [name, text] of hostile) {
    it(`refuses 256 KiB of ${name} at once`, function () {
      this.timeout(2000);
      assert.notEqual(refusal(text), "accepted");
    });
  }

  it("reads every object as JSON.parse does", () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }));
    fc.assert(
      fc.property(object, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        // Doubles from 2^53 on are integers, which is another rule.
        fc.pre(!/e\+|\d{16}/.test(text));
        // The one key that is refused, at any depth.
        fc.pre(!text.includes('"__proto__":'));
        assert.deepEqual(readJsonObject(text), JSON.parse(text));
      }),
    );
  });

  it("accepts no text that JSON.parse refuses, and throws nothing but InvalidRequest", () => {
    const fragment = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"b"',
      "1",
      "-",
      "e5",
      "true",
      "null",
      " ",
      "\\",
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
        const text = fragments.join("");
        if (refusal(text) === "accepted") assert.deepEqual(readJsonObject(text), JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });
});

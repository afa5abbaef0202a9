import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonTextError, parseJsonText } from "../src/core/json-text.ts";

describe("JSON text that is signed as it stands", () => {
  it("is parsed like any other", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        assert.deepEqual(parseJsonText(text), JSON.parse(text));
      }),
    );
  });

  for (const text of [
    '{"amount":"1","amount":"2"}',
    '[{"tokens":{"nep141:a":"1","b":"2","nep141:a":"3"}}]',
    '{"amount":"1","\\u0061mount":"2"}',
    '{"a":{"x":1},"b":[{"y":1}],"a":3}',
    '{"a":"\\"}", "a":1}',
    '{"":1,\n"":2}',
  ]) {
    it(`is refused with a duplicate key: ${text}`, () => {
      assert.throws(() => parseJsonText(text), new JsonTextError("has a duplicate object key"));
    });
  }

  for (const text of [
    '{"a":"a","b":"a"}',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":["a","a",{"a":1}]}}',
    '["a","a"]',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
  ]) {
    it(`may repeat what is not a key of the same object: ${text}`, () => {
      assert.deepEqual(parseJsonText(text), JSON.parse(text));
    });
  }

  it("is refused when it is not JSON, without being quoted", () => {
    for (const text of ["", "[1,]", "[] []", "{'a':1}", "[]}"]) {
      assert.throws(() => parseJsonText(text), new JsonTextError("is not JSON"));
    }
  });
});

import assert from "node:assert/strict";
import { pickIdempotencyKey } from "@outlayer/workflow";

const uuid = "0192f3c0-7c1e-7000-8000-000000000000";

describe("the idempotency key", () => {
  it("is the one that was given, wherever and however often", () => {
    assert.equal(pickIdempotencyKey(["a"], uuid), "a");
    assert.equal(pickIdempotencyKey(["a", "a", "a"], uuid), "a");
  });

  it("is made from a UUID when none was given", () => {
    assert.equal(pickIdempotencyKey([], uuid), `srv_${uuid}`);
  });

  it("is refused when the body and the headers differ, without being shown", () => {
    for (const keys of [
      ["secret-1", "secret-2"],
      ["a", "a", "b"],
      ["", "a"],
    ]) {
      assert.throws(() => pickIdempotencyKey(keys, uuid), {
        name: "InvalidRequest",
        message: "idempotency keys differ: the body and the headers must give the same one",
      });
    }
  });

  for (const key of ["", "x".repeat(256), "tab\t", "line\n", "é", "\u007f"]) {
    it(`is refused as ${JSON.stringify(key.slice(0, 10))}`, () => {
      assert.throws(() => pickIdempotencyKey([key], uuid), {
        name: "InvalidRequest",
        message: "idempotency_key must be 1 to 255 printable ASCII characters",
      });
    });
  }

  it("may have 1 to 255 characters from space to tilde", () => {
    for (const key of ["x", " ~", "x".repeat(255)]) assert.equal(pickIdempotencyKey([key], uuid), key);
  });
});

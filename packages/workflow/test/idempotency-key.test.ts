import assert from "node:assert/strict";
import { pickIdempotencyKey } from "@outlayer/workflow";

const uuid = "0192f3c0-7c1e-7000-8000-000000000000";

describe("the idempotency key", () => {
  it("is the one that was given, wherever and however often", () => {
    assert.equal(pickIdempotencyKey("a", [], uuid), "a");
    assert.equal(pickIdempotencyKey("a", ["a", "a"], uuid), "a");
  });

  it("is made from a UUID when none was given", () => {
    assert.equal(pickIdempotencyKey(undefined, [], uuid), `srv_${uuid}`);
  });

  it("is refused when the body and the headers differ, without being shown", () => {
    for (const keys of [
      ["secret-1", "secret-2"],
      ["a", "a", "b"],
      ["", "a"],
    ]) {
      assert.throws(() => pickIdempotencyKey(undefined, keys, uuid), {
        name: "InvalidRequest",
        message: "idempotency keys differ: the body and the headers must give the same one",
      });
    }
  });

  for (const key of ["", "x".repeat(256), "tab\t", "line\n", "é", "\u007f"]) {
    it(`is refused as ${JSON.stringify(key.slice(0, 10))}`, () => {
      assert.throws(() => pickIdempotencyKey(undefined, [key], uuid), {
        name: "InvalidRequest",
        message: "idempotency_key must be 1 to 255 printable ASCII characters",
      });
    });
  }

  it("may have 1 to 255 characters from space to tilde", () => {
    for (const key of ["x", " ~", "x".repeat(255)]) assert.equal(pickIdempotencyKey(undefined, [key], uuid), key);
  });

  it("one key as a structured string and as plain text cannot make two records", () => {
    const picked = (body: string | undefined, ...headers: string[]) => pickIdempotencyKey(body, headers, uuid);
    assert.equal(picked(undefined, '"pay-77"'), "pay-77");
    assert.equal(picked(undefined, "pay-77"), "pay-77");
    assert.equal(picked("pay-77", '"pay-77"', "pay-77"), "pay-77");
    assert.equal(picked(undefined, '"pay-77";v=1'), "pay-77");
    assert.equal(picked(undefined, '"say \\"hi\\" \\\\"'), 'say "hi" \\');
    assert.equal(picked(undefined, `"${"x".repeat(255)}"`), "x".repeat(255));
  });

  it("is taken as it stands where its quotes are part of it", () => {
    const picked = (body: string | undefined, ...headers: string[]) => pickIdempotencyKey(body, headers, uuid);
    assert.equal(picked('"pay-77"'), '"pay-77"');
    assert.equal(picked(undefined, 'pay-"77"'), 'pay-"77"');
  });

  for (const header of ['"', '"pay-77', '"pay\\-77"', '"pay-77" x', '"pay-77", "pay-77"', '"pay-77";', '"é"']) {
    it(`with quotes that are no structured string cannot stand for a key: ${header}`, () => {
      assert.throws(() => pickIdempotencyKey(undefined, [header], uuid), {
        name: "InvalidRequest",
        reason: "IDEMPOTENCY_KEY_INVALID",
        message: "Idempotency-Key begins with a quote and is not a string of structured fields (RFC 8941)",
      });
    });
  }

  for (const header of ['""', `"${"x".repeat(256)}"`]) {
    it(`is held to the same length within quotes, as ${header.slice(0, 10)}`, () => {
      assert.throws(() => pickIdempotencyKey(undefined, [header], uuid), {
        message: "idempotency_key must be 1 to 255 printable ASCII characters",
      });
    });
  }
});

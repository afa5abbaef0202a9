import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { approvalDigest, canonicalJson, fingerprint } from "@outlayer/workflow";

describe("canonical JSON", () => {
  it("is RFC 8785's own example", () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    const expected =
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}';
    assert.equal(canonicalJson(value), expected);
  });

  it("sorts keys by UTF-16 code units", () => {
    assert.equal(canonicalJson({ "\ufb33": 1, "😀": 2, a: 3, "": 4 }), '{"":4,"a":3,"😀":2,"\ufb33":1}');
  });
});

describe("the fingerprint of a request", () => {
  it("is the SHA-256 of endpoint, line feed and canonical request, in lower-case hex", () => {
    const expected = createHash("sha256").update('workflow\n{"b":1,"steps":[]}').digest("hex");
    assert.equal(fingerprint("workflow", { steps: [], b: 1 }), expected);
  });

  it("does not depend on the idempotency key or the order of keys", () => {
    const one = fingerprint("workflow", { steps: [{ a: 1, b: 2 }], idempotency_key: "x" });
    assert.equal(fingerprint("workflow", { idempotency_key: "y", steps: [{ b: 2, a: 1 }] }), one);
    assert.equal(fingerprint("workflow", { steps: [{ b: 2, a: 1 }] }), one);
  });

  it("depends on the endpoint, on unknown fields, and on a key that stands deeper", () => {
    const prints = [
      fingerprint("workflow", { steps: [] }),
      fingerprint("sequential_batch", { steps: [] }),
      fingerprint("workflow", { steps: [], note: "" }),
      fingerprint("workflow", { steps: [{ idempotency_key: "x" }] }),
      fingerprint("workflow", { steps: [{ idempotency_key: "y" }] }),
    ];
    assert.equal(new Set(prints).size, prints.length);
  });
});

describe("the approval digest (rule: approval-is-for-one-request)", () => {
  it("is the SHA-256 of the canonical request less its key and its approval", () => {
    const expected = createHash("sha256").update('{"steps":[{"a":1,"b":2}]}').digest("hex");
    const steps = [{ b: 2, a: 1 }];
    assert.equal(approvalDigest({ steps }), expected);
    assert.equal(approvalDigest({ idempotency_key: "x", steps, approval_info: { request_id: "r" } }), expected);
  });

  it("depends on everything else, whatever stands deeper too", () => {
    const requests = [{ steps: [] }, { steps: [], note: "" }, { steps: [{ approval_info: 1 }] }];
    assert.equal(new Set(requests.map(approvalDigest)).size, requests.length);
  });
});

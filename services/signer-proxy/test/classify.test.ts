import assert from "node:assert/strict";
import { classify } from "../src/adapters/keystore/classify.ts";

const json = (status: number, value: unknown) => ({
  status,
  contentType: "application/json",
  body: JSON.stringify(value),
});
const plain = (status: number, body: string) => ({ status, contentType: "text/plain; charset=utf-8", body });
const html = (status: number) => ({ status, contentType: "text/html", body: "<html>upstream.internal</html>" });
const error = (status: number, text: string) => json(status, { error: text });

const notReady = { kind: "unavailable", detail: "not ready" };
const refused = (status: number, text: string) => ({ kind: "refused", status, text });

describe("an answer of the keystore", () => {
  const rows: readonly [string, Parameters<typeof classify>[0], object][] = [
    ["not ready", error(401, "Keystore not ready."), notReady],
    [
      "not ready, at length",
      error(401, "Keystore not ready. Waiting for DAO approval and master key from MPC."),
      notReady,
    ],
    ["not ready, at another status", error(500, "Keystore not ready."), notReady],
    ["not ready, as text", plain(401, "Keystore not ready."), notReady],
    ["a missing token", error(401, "Missing Authorization header"), refused(401, "Missing Authorization header")],
    ["a malformed token", error(401, "Invalid Authorization format"), refused(401, "Invalid Authorization format")],
    ["a wrong token", error(401, "Invalid coordinator token"), refused(401, "Invalid coordinator token")],
    ...[
      "Unsupported chain: NEAR. Supported: near, ethereum, solana",
      "Invalid base64 in nonce_base64: x",
      "Invalid nonce length: 31 (expected 32)",
      "method_name is required",
      "gas must be greater than zero",
      "max_block_height must be greater than zero",
      "max_block_height must be greater than current_block_height",
      "sender_id must match derived wallet account 00",
      "Invalid receiver_id: x",
      "Invalid deposit: x",
      "Invalid args_base64: x",
    ].map((text): [string, Parameters<typeof classify>[0], object] => [text, error(400, text), refused(400, text)]),
    ["a failure of its own", error(500, "Failed to decrypt policy"), refused(500, "Failed to decrypt policy")],
    [
      "approvals that are missing, without who they are",
      error(403, "Insufficient valid approvals: 1 of 2 required (missing alice, bob)"),
      { kind: "approvals", text: "Insufficient valid approvals: 1 of 2 required", required: 2 },
    ],
    [
      "approvers that are missing",
      error(403, "Policy requires 3 approvals but no approvers are configured. Add some."),
      { kind: "approvals", text: "Policy requires 3 approvals but no approvers are configured", required: 3 },
    ],
    ["another 403", error(403, "Forbidden"), refused(403, "Forbidden")],
    ["a 403 that is not its own", html(403), refused(403, "HTTP 403")],
    [
      "a body that cannot be read",
      plain(422, "Failed to deserialize the JSON body into the target type: missing field `action`"),
      {
        ...refused(422, "HTTP 422"),
        body: "Failed to deserialize the JSON body into the target type: missing field `action`",
      },
    ],
    [
      "a body that is too large",
      plain(413, "length limit exceeded"),
      { ...refused(413, "HTTP 413"), body: "length limit exceeded" },
    ],
    ["a content type that it does not take", plain(415, "Expected"), { ...refused(415, "HTTP 415"), body: "Expected" }],
    ["bad JSON", plain(400, "Failed to parse"), { ...refused(400, "HTTP 400"), body: "Failed to parse" }],
    ["a JSON error that is no text", json(400, { error: { code: 1 } }), refused(400, "HTTP 400")],
    ["too many requests", error(429, "slow down"), { kind: "unavailable", detail: "HTTP 429" }],
    ["a time-out on the way", html(408), { kind: "unavailable", detail: "HTTP 408" }],
    ["a 500 that is not its own", html(500), { kind: "unavailable", detail: "HTTP 500" }],
    ["a gateway's error", html(502), { kind: "unavailable", detail: "HTTP 502" }],
    ["a gateway's error in JSON", error(503, "no backend"), { kind: "unavailable", detail: "HTTP 503" }],
    ["a missing path", plain(404, ""), { kind: "wrong_keystore", detail: "a path of its API is missing" }],
    [
      "a missing path in JSON",
      error(404, "not found"),
      { kind: "wrong_keystore", detail: "a path of its API is missing" },
    ],
    ["a path with another method", plain(405, ""), { kind: "wrong_keystore", detail: "a path of its API is missing" }],
    ["a redirect", plain(307, ""), { kind: "wrong_keystore", detail: "it answers HTTP 307" }],
    ["a page instead of JSON", html(200), { kind: "wrong_keystore", detail: "an answer is not JSON" }],
  ];
  for (const [name, answer, problem] of rows) {
    it(`is told apart: ${name}`, () => assert.deepEqual(classify(answer), { kind: "problem", problem }));
  }

  it("is an answer when it is JSON with a 2xx", () => {
    assert.deepEqual(classify(json(200, { allowed: true })), { kind: "answered", json: { allowed: true } });
  });
});

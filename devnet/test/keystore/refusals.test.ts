import assert from "node:assert/strict";
import { describe, it } from "mocha";
import {
  delegateRequest,
  nep413Request,
  paths,
  post,
  refused,
  scopedCallRequest,
  scopeRequest,
  walletAddress,
  withDevnet,
} from "./support.ts";

const json = { "content-type": "application/json" };

describe("the keystore refuses", () => {
  it("without a token it knows, before it reads the body", () =>
    withDevnet(async (devnet) => {
      const attempt = async (headers: Record<string, string>) => {
        const { status, text } = await post(devnet, paths.address, undefined, { headers, raw: "{" });
        return [status, JSON.parse(text)];
      };
      assert.deepEqual(await attempt(json), [401, { error: "Missing Authorization header" }]);
      const basic = { ...json, authorization: "Basic eDp5" };
      assert.deepEqual(await attempt(basic), [401, { error: "Invalid Authorization format" }]);
      const wrong = { ...json, authorization: "Bearer wrong" };
      assert.deepEqual(await attempt(wrong), [401, { error: "Invalid coordinator token" }]);
    }));

  it("a body that it cannot read, as plain text, before it looks at its readiness", () =>
    withDevnet(async (devnet) => {
      devnet.controls.keystore.setReadiness("not_ready");
      const authorization = `Bearer ${devnet.keystoreToken}`;
      const attempt = async (raw: string, headers: Record<string, string> = json) => {
        const { status, type, text } = await post(devnet, paths.address, null, {
          headers: { authorization, ...headers },
          raw,
        });
        assert.match(type, /^text\/plain/);
        return [status, text] as const;
      };
      assert.deepEqual(await attempt("{}", { "content-type": "text/plain" }), [
        415,
        "Expected request with `Content-Type: application/json`",
      ]);
      const [badJson, why] = await attempt("{");
      assert.equal(badJson, 400);
      assert.match(why, /^Failed to parse the request body as JSON: /);
      assert.equal((await attempt(`"${"x".repeat(2 * 1024 * 1024)}"`))[0], 413);
      const prefix = "Failed to deserialize the JSON body into the target type: ";
      assert.deepEqual(await attempt('{"chain":"near"}'), [
        422,
        `${prefix}missing field \`wallet_id\` at line 1 column 16`,
      ]);
      const [, mistyped] = await attempt('{"wallet_id":5,"chain":"near"}');
      assert.ok(mistyped.startsWith(`${prefix}wallet_id: invalid type: integer \`5\`, expected a string`));
    }));

  it("numbers that are no u64, both forms of arguments, and half an approval", () =>
    withDevnet(async (devnet) => {
      const attempt = async (path: string, body: unknown) => {
        const { status, text } = await post(devnet, path, body);
        assert.equal(status, 422);
        return text.slice("Failed to deserialize the JSON body into the target type: ".length);
      };
      const { delegate, scoped } = paths;
      assert.match(
        await attempt(delegate, { ...delegateRequest, gas: "5" }),
        /^gas: invalid type: string "5", expected u64/,
      );
      assert.match(
        await attempt(delegate, { ...delegateRequest, gas: -5 }),
        /^gas: invalid value: integer `-5`, expected u64/,
      );
      assert.match(await attempt(delegate, { ...delegateRequest, nonce: 1.5 }), /^nonce: invalid type: floating point/);
      assert.match(await attempt(delegate, { ...delegateRequest, deposit: 0 }), /^deposit: invalid type: integer `0`/);
      assert.match(await attempt(delegate, { ...delegateRequest, args_base64: "e30=" }), /args_base64 and args_json/);
      const half = { ...delegateRequest, approval_info: { approver_ids: ["a"] } };
      assert.match(await attempt(delegate, half), /^approval_info: missing field `request_hash`/);
      const noActions = { ...scopedCallRequest, actions: [{ method_name: "increase" }] };
      assert.match(await attempt(scoped, noActions), /^actions\[0\]: missing field `gas`/);
      assert.match(
        await attempt(paths.prepare, { ...scopeRequest, method_names: [1] }),
        /^method_names\[0\]: invalid type/,
      );
    }));

  it("everything while it is not ready, before it looks at the fields", () =>
    withDevnet(async (devnet) => {
      devnet.controls.keystore.setReadiness("not_ready");
      const body = { wallet_id: "wallet-1", chain: "bitcoin" };
      assert.deepEqual(await refused(devnet, paths.address, body), [401, "Keystore not ready."]);
      devnet.controls.keystore.setReadiness("waiting_for_key");
      assert.deepEqual(await refused(devnet, paths.address, body), [
        401,
        "Keystore not ready. Waiting for DAO approval and master key from MPC.",
      ]);
      devnet.controls.keystore.setReadiness("ready");
      assert.deepEqual(await refused(devnet, paths.address, body), [
        400,
        "Unsupported chain: bitcoin. Supported: near, ethereum, solana",
      ]);
    }));

  it("paths that are not its own", () =>
    withDevnet(async (devnet) => {
      assert.equal((await post(devnet, "/wallet/other", {})).status, 404);
      assert.equal((await fetch(`${devnet.keystoreUrl}${paths.address}`)).status, 405);
    }));

  const fields: readonly [path: keyof typeof paths, change: Record<string, unknown>, status: number, error: RegExp][] =
    [
      ["nep413", { nonce_base64: "a" }, 400, /^Invalid base64 in nonce_base64: /],
      ["nep413", { nonce_base64: "AAAA" }, 400, /^Invalid nonce length: 3 \(expected 32\)$/],
      ["delegate", { method_name: "", gas: 0 }, 400, /^method_name is required$/],
      ["delegate", { gas: 0, max_block_height: 0 }, 400, /^gas must be greater than zero$/],
      ["delegate", { max_block_height: 0, sender_id: "x" }, 400, /^max_block_height must be greater than zero$/],
      [
        "delegate",
        { max_block_height: 200_000_000, sender_id: "x" },
        400,
        /^max_block_height must be greater than current_block_height$/,
      ],
      [
        "delegate",
        { sender_id: "alice.near", receiver_id: "!" },
        400,
        new RegExp(`^sender_id must match derived wallet account ${walletAddress}$`),
      ],
      ["delegate", { receiver_id: "X.near", deposit: "x" }, 400, /^Invalid receiver_id: .*invalid character 'X'/],
      ["delegate", { deposit: "1.5", args_json: undefined, args_base64: "!" }, 400, /^Invalid deposit: invalid digit/],
      ["delegate", { deposit: "" }, 400, /^Invalid deposit: cannot parse integer from empty string$/],
      ["delegate", { deposit: `${2n ** 128n}` }, 400, /^Invalid deposit: number too large to fit in target type$/],
      ["delegate", { args_json: undefined, args_base64: "!" }, 400, /^Invalid args_base64: /],
      ["scoped", { user_id: "X", registry_id: "X" }, 400, /^Invalid user_id: /],
      ["scoped", { registry_id: "X", receiver_id: "X" }, 400, /^Invalid registry_id: /],
      ["scoped", { receiver_id: "X", method_names: [""] }, 400, /^Invalid receiver_id: /],
      ["scoped", { method_names: ["increase", " "] }, 400, /^method_names must not contain empty methods$/],
      [
        "scoped",
        { method_names: [], key_label: "" },
        400,
        /^direct-user FunctionCall key requires at least one method name$/,
      ],
      ["scoped", { key_label: " ", actions: [] }, 400, /^key_label must not be empty$/],
      ["scoped", { actions: [] }, 400, /^direct-user scoped FunctionCall transaction requires at least one action$/],
      [
        "scoped",
        { actions: [{ method_name: "reset", gas: 1, deposit: "1" }] },
        400,
        /^method reset is not allowed by the scoped FunctionCall key$/,
      ],
      [
        "scoped",
        { actions: [{ method_name: "increase", gas: 1, deposit: "1" }] },
        400,
        /^scoped direct-user FunctionCall keys cannot attach deposit$/,
      ],
      ["scoped", {}, 500, /^Failed to query scoped direct-user access key: access key ed25519:\w+ does not exist/],
      ["prepare", { method_names: [] }, 400, /^direct-user FunctionCall key requires at least one method name$/],
    ];
  const requests = {
    nep413: nep413Request,
    delegate: delegateRequest,
    scoped: scopedCallRequest,
    prepare: scopeRequest,
  } as const;

  for (const [path, change, status, error] of fields) {
    it(`${path} with ${JSON.stringify(change)}: ${error.source}`, () =>
      withDevnet(async (devnet) => {
        const request = requests[path as keyof typeof requests];
        const answer = await refused(devnet, paths[path], { ...request, ...change });
        assert.equal(answer[0], status);
        assert.match(answer[1], error);
      }));
  }

  it("approvals that are too few, double, of strangers, or of nobody who could approve", () =>
    withDevnet(async (devnet) => {
      const approval = {
        threshold: { required: 2 },
        approvers: ["ann", "bob", "cid"].map((id) => ({ id, role: "signer" })),
      };
      devnet.controls.wallets.setPolicy("wallet-1", { rules: {}, approval });
      const attempt = (approver_ids: string[]) =>
        post(devnet, paths.nep413, { ...nep413Request, approval_info: { approver_ids, request_hash: "00" } });
      assert.equal((await attempt(["ann", "bob"])).status, 200);
      for (const ids of [["ann"], ["ann", "ann"], ["ann", "eve"]]) {
        const { status, json: body } = await attempt(ids);
        assert.equal(status, 403);
        assert.match(body.error, /^Insufficient valid approvals: 1 of 2 required \(/);
      }
      devnet.controls.wallets.setPolicy("wallet-1", { rules: {}, approval: { threshold: {} } });
      const { status, json: body } = await attempt(["ann", "bob"]);
      assert.equal(status, 403);
      assert.match(body.error, /^Policy requires 2 approvals but no approvers are configured\. /);
      assert.equal((await post(devnet, paths.nep413, nep413Request)).status, 200);
    }));
});

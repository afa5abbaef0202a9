import assert from "node:assert/strict";
import { allowance, calls, execute, install, keyOf, keyStatus, scope, statusPath } from "./support/direct-user.ts";
import { describeShapes } from "./support/shapes.ts";
import { type System, startSystem } from "./support/system.ts";

const prepare = "/direct-user/function-call-key/prepare";

const allowedText =
  'direct-user calls are allowed for this scope only: user_id mike.near, registry_id mike.sequential.near, receiver_id count.mike.near, method_names ["increase"]';

describeShapes("the direct-user lane: the key", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape });
  });
  after(() => system.stop());

  it("is derived, with the exact commands to install and to remove it", async () => {
    const { status, body } = await system.rest().post(prepare, { ...scope, method_names: [" increase", "increase"] });
    assert.equal(status, 200);
    const publicKey = "ed25519:FWhYFvht9CgfsUuo22f8k2iUW3bmDZxJ2UPq5iFdTTEy";
    assert.deepEqual(body, {
      ...scope,
      method_names_hash: "e20a548f23fa36bc8d5ba48237ec3ee4d4f00087841d3614f81749e3c6c1b47e",
      public_key: publicKey,
      key_label: "outlayer:wallet-1:direct-user-fc:mike.sequential.near:count.mike.near:v1",
      install_command: `near add-key mike.near ${publicKey} --contractId count.mike.near --methodNames increase --allowance 0.05 --networkId mainnet`,
      remove_command: `near delete-key mike.near ${publicKey} --networkId mainnet`,
    });
    assert.notEqual((await system.rest("wallet-2").post(prepare, scope)).body.public_key, publicKey);
  });

  for (const [field, value] of [
    ["user_id", "elsewhere.near"],
    ["registry_id", "mike.near"],
    ["receiver_id", "wrap.near"],
    ["method_names", ["increase", "reset"]],
    ["method_names", []],
  ] as const) {
    it(`is not derived for another ${field} (${JSON.stringify(value)}): a 400 that states the allowed scope`, async () => {
      const other = { ...scope, [field]: value };
      const answers = [
        await system.rest().post(prepare, other),
        await execute(system.rest(), other),
        await system.rest().get(statusPath.replace("increase", "decrease")),
      ];
      for (const { status, body } of answers) assert.deepEqual([status, body.message], [400, allowedText]);
    });
  }

  it("needs every part of the scope, in the body and in the query", async () => {
    const { status, body } = await system.rest().post(prepare, { ...scope, user_id: undefined });
    assert.deepEqual([status, body.message], [400, "invalid workflow JSON: user_id is required"]);
    const mistyped = await system.rest().post(prepare, { ...scope, method_names: "increase" });
    assert.deepEqual(
      [mistyped.status, mistyped.body.message],
      [400, "invalid workflow JSON: method_names must be an array"],
    );
    for (const name of ["user_id", "registry_id", "receiver_id", "method_names"]) {
      const path = statusPath.replace(new RegExp(`${name}=[^&]*`), "x=y");
      const missing = await system.rest().get(path);
      assert.deepEqual([missing.status, missing.body.message], [400, `${name} is required`]);
    }
  });
});

describeShapes("the direct-user lane: whether the key is installed", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape });
  });
  afterEach(async () => {
    const { accounts, blocks } = system.devnet.controls;
    const publicKey = await keyOf(system.rest());
    if (!accounts.get(scope.user_id)?.keys.some((key) => key.publicKey === publicKey)) return;
    accounts.deleteKey(scope.user_id, publicKey);
    blocks.mine({ blocks: 3 });
  });
  after(() => system.stop());

  const rows: readonly [
    reason: string,
    permission: Parameters<typeof install>[1] | "full_access" | undefined,
    message: string,
  ][] = [
    ["absent", undefined, "the key is not on mike.near"],
    ["full_access", "full_access", "the key on mike.near has full access, which is never used"],
    ["other_receiver", { receiverId: "wrap.near" }, "the key on mike.near is for wrap.near, not for count.mike.near"],
    [
      "other_methods",
      { methodNames: ["increase", "get_count"] },
      "the key on mike.near is for get_count, increase, not for increase",
    ],
    ["other_methods", { methodNames: [] }, "the key on mike.near is for every method, not for increase"],
    ["unlimited_allowance", { allowance: null }, "the key on mike.near has an unlimited allowance"],
    [
      "exhausted",
      { allowance: 10n ** 21n },
      "the allowance of the key on mike.near is used up: 1000000000000000000000 yoctoNEAR are left, and a call needs up to 35000000000000000000000",
    ],
  ];
  for (const [reason, permission, message] of rows) {
    it(`${reason}: ${message}`, async () => {
      const { accounts, blocks } = system.devnet.controls;
      if (permission === "full_access") {
        accounts.addKey(scope.user_id, await keyOf(system.rest()), { kind: "fullAccess" });
        blocks.mine({ blocks: 3 });
      } else if (permission !== undefined) await install(system, permission);
      const { status, body } = await keyStatus(system.rest());
      assert.equal(status, 200);
      assert.deepEqual([body.installed, body.reason, body.message], [false, reason, message]);
      const executed = await execute(system.rest());
      assert.deepEqual(
        [executed.status, executed.body.status, executed.body.error_code, executed.body.user_visible_error],
        [
          409,
          "requires_direct_user_setup",
          null,
          `${message}: install it as POST /wallet/v1/direct-user/function-call-key/prepare says, then ask again under another idempotency key`,
        ],
      );
      assert.equal(calls(system).length, 0);
      assert.deepEqual(executed.body.direct_signed_transactions, []);
    });
  }

  it("installed, once it is there for exactly the scope", async () => {
    const publicKey = await install(system);
    const { body } = await keyStatus(system.rest());
    const { block_height, ...rest } = body;
    assert.ok(block_height >= 200_000_000);
    assert.deepEqual(rest, {
      ...scope,
      public_key: publicKey,
      key_label: "outlayer:wallet-1:direct-user-fc:mike.sequential.near:count.mike.near:v1",
      installed: true,
      reason: null,
      message: null,
      allowance_yocto: String(allowance),
    });
  });

  it("is not known while NEAR's RPC or the keystore is away: a 503, and no guess", async () => {
    await install(system);
    system.devnet.controls.rpc.setAway(true);
    const chain = await keyStatus(system.rest());
    assert.deepEqual(
      [chain.status, chain.body.message],
      [503, "the key's status on NEAR is not to be had now: try again"],
    );
    system.devnet.controls.rpc.setAway(false);
    system.devnet.controls.keystore.setReadiness("not_ready");
    const keystore = await system.rest().post(prepare, scope);
    assert.deepEqual([keystore.status, keystore.body.message], [503, "the key is not to be had now: try again"]);
    system.devnet.controls.keystore.setReadiness("ready");
  });
});

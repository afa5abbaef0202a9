import assert from "node:assert/strict";
import { Actor } from "./support/actors.ts";
import { transactions } from "./support/chain-dump.ts";
import {
  allowance,
  count,
  execute,
  install,
  keyOf,
  keyStatus,
  scope,
  statusPath,
  useElsewhere,
} from "./support/direct-user.ts";
import { HiddenLog } from "./support/hidden-log.ts";
import { eventsOf } from "./support/history.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { apiKey, type System, startSystem, withSystem } from "./support/system.ts";

const prepare = "/direct-user/function-call-key/prepare";
const allowedText =
  'direct-user calls are allowed for this scope only: user_id mike.near, registry_id mike.sequential.near, receiver_id count.mike.near, method_names ["increase"]';

/** Errors of a node that answers, and does not do what it was asked. */
const serverBusy = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "busy" };
const unknownChunk = { name: "HANDLER_ERROR", cause: { name: "UNKNOWN_CHUNK" }, code: -32000, message: "no chunk" };

/** Transactions of the user to the counter that are on the chain. */
const calls = (system: System) =>
  transactions(system.devnet).filter(
    ({ transaction }) => transaction.signer_id === scope.user_id && transaction.receiver_id === scope.receiver_id,
  );

/** Somebody else counts, with the user's full access key. */
const countElsewhere = (system: System) =>
  new Actor(system.devnet, scope.user_id).call({ receiverId: scope.receiver_id, methodName: "increase", args: {} });

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

describeShapes("the direct-user lane: the call", (shape) => {
  it("counts once, and proves that the user did it", () =>
    withSystem({ shape }, async (system) => {
      const publicKey = await install(system);
      const { status, body: record } = await execute(system.rest(), {}, "proof");
      assert.equal(status, 200, record.message);
      assert.deepEqual(
        [record.endpoint, record.status, record.error_code, record.user_visible_error],
        ["direct_user_function_call", "succeeded", null, null],
      );
      assert.deepEqual(
        [record.proxy_predecessor, record.predecessor_model, record.ordering_model],
        [false, "user", "single_tx_atomic"],
      );
      const [call] = calls(system);
      assert.equal(calls(system).length, 1);
      const { receipt_id, block_height, ...evidence } = record.direct_user_evidence;
      assert.deepEqual(evidence, {
        public_key: publicKey,
        key_label: "outlayer:wallet-1:direct-user-fc:mike.sequential.near:count.mike.near:v1",
        tx_hash: call?.transaction.hash,
        count_before: 0,
        count_after: 1,
        ambiguous: false,
      });
      assert.match(receipt_id, /^[1-9A-HJ-NP-Za-km-z]{43,44}$/);
      assert.ok(block_height > 200_000_000);
      assert.deepEqual(record.direct_user_scope, scope);
      assert.equal(record.direct_signed_transactions.length, 1);
      assert.deepEqual(
        [record.submit_tx_hashes, record.intent_ids, record.step_outcomes, record.signed_nep366_delegates],
        [[], [], [], []],
      );
      assert.ok(BigInt(record.fees.gas_burnt_yocto) > 0n);
      assert.deepEqual(await eventsOf(system, record.request_id), [
        "opened",
        "taken",
        "policy_allowed",
        "direct_user_call_prepared",
        "direct_user_call_resolved",
        "direct_user_call_measured",
        "ended",
      ]);
      const read = await system.rest().get(`/direct-user/function-call/${record.request_id}`);
      assert.deepEqual([read.status, read.body], [200, record]);
      assert.equal(record.status_url, `/wallet/v1/direct-user/function-call/${record.request_id}`);
      const left = (await keyStatus(system.rest())).body.allowance_yocto;
      assert.ok(BigInt(left) < allowance, "gas was paid from the key's allowance");
    }));

  it("counts once however often it is sent under one key", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const answers = await Promise.all(Array.from({ length: 30 }, () => execute(system.rest(), {}, "once")));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      assert.equal(new Set(answers.map(({ body }) => body.request_id)).size, 1);
      const [first] = answers;
      assert.deepEqual((await execute(system.rest(), {}, "once")).body, first?.body);
      assert.equal(await count(system.devnet), 1);
      const other = await execute(system.rest(), { gas: "20000000000000" }, "once");
      assert.equal(other.status, 409);
      assert.equal(
        other.body.message,
        `idempotency key was already used with another request (request ${first?.body.request_id})`,
      );
    }));

  it("three calls under keys of their own count three times, one after the other", () =>
    withSystem({ shape }, async (system) => {
      await install(system, { allowance: 10n ** 24n });
      const answers = await Promise.all(["a", "b", "c"].map((key) => execute(system.rest(), {}, key)));
      assert.deepEqual(
        answers.map(({ body }) => [body.status, body.direct_user_evidence.ambiguous]),
        Array(3).fill(["succeeded", false]),
      );
      assert.equal(await count(system.devnet), 3);
      const counts = answers.map(({ body }) => body.direct_user_evidence.count_after);
      assert.deepEqual(counts.toSorted(), [1, 2, 3]);
    }));

  it("of another wallet, or that never was, is the same 404", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { body } = await execute(system.rest());
      for (const id of [body.request_id, "0192f3c0-7c1e-7000-8000-0000000000ff"]) {
        const { status, body: answer } = await system.rest("wallet-2").get(`/direct-user/function-call/${id}`);
        assert.deepEqual([status, answer.message], [404, `direct user function call request ${id} was not found`]);
      }
    }));
});

describeShapes("the direct-user lane: what is refused, and leaves no record", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape });
    await install(system);
  });
  after(async () => {
    assert.equal(calls(system).length, 0);
    await system.stop();
  });

  const rows: readonly [body: object, message: string][] = [
    [{ deposit: "1" }, 'deposit must be "0": a scoped key cannot attach any'],
    [{ method_name: "reset" }, "method_name must be one of increase"],
    [{ gas: "0" }, "gas must be a decimal string greater than zero"],
    [{ gas: "3e13" }, "gas must be a decimal string greater than zero"],
    [{ gas: "300000000000001" }, "gas must be at most 300000000000000"],
    [{ args_json: "{" }, "args_json is not JSON"],
    [{ gas: 30 }, "invalid workflow JSON: gas must be a string"],
    [{ signed_tx_base64: "AA==" }, "wallet workflow must not include raw signing field signed_tx_base64 at $"],
  ];
  for (const [body, message] of rows) {
    it(`${JSON.stringify(body)}: ${message}`, async () => {
      const { status, body: answer } = await execute(system.rest(), body, "refused");
      assert.deepEqual([status, answer.message, answer.request_id], [400, message, undefined]);
    });
  }

  it("a policy denial, which has a record, and no signature", async () => {
    system.devnet.controls.wallets.setPolicy("wallet-1", {
      rules: { addresses: { mode: "blacklist", list: ["count.mike.near"] } },
    });
    const { status, body } = await execute(system.rest());
    system.devnet.controls.wallets.setPolicy("wallet-1", undefined);
    assert.deepEqual(
      [status, body.status, body.error_code, body.user_visible_error],
      [400, "policy_denied", "policy_denied", "policy denied before signing: Address 'count.mike.near' is blacklisted"],
    );
    assert.deepEqual([body.predecessor_model, body.direct_signed_transactions], ["none", []]);
  });

  it("a contract without a count, before anything is signed", () =>
    withSystem({ shape }, async (other) => {
      await install(other);
      const view = {
        kind: "error",
        error: { name: "HANDLER_ERROR", cause: { name: "CONTRACT_EXECUTION_ERROR" } },
      } as const;
      other.devnet.controls.faults.add({ target: "rpc", method: "query:call_function", count: null, fault: view });
      const { body } = await execute(other.rest());
      assert.deepEqual(
        [body.status, body.error_code, body.user_visible_error],
        ["failed", "count_unreadable", "count.mike.near gives no count; nothing was sent"],
      );
      assert.equal(calls(other).length, 0);
    }));
});

describeShapes("the direct-user lane: whatever goes wrong", (shape) => {
  it("a keystore that is not ready is waited for", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      system.devnet.controls.keystore.setReadiness("not_ready");
      const first = await execute(system.rest(), {}, "patient", 0);
      assert.equal(first.status, 202);
      const { request_id: id } = first.body;
      const waiting = await system.rest().until(id, ({ queue }) => queue !== null);
      assert.deepEqual([waiting.status, waiting.queue.waiting_for], ["queued", "keystore_unavailable"]);
      system.devnet.controls.keystore.setReadiness("ready");
      assert.equal((await system.rest().ended(id)).status, "succeeded");
    }));

  it("an answer that is lost after the broadcast: found by its hash, and counted once", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add({ target: "rpc", method: "send_tx", count: 3, fault: { kind: "lost" } });
      const { body } = await execute(system.rest());
      assert.equal(body.status, "succeeded", body.user_visible_error);
      assert.equal(await count(system.devnet), 1);
      assert.equal(body.direct_signed_transactions.length, 1);
    }));

  it("a node that loses what is sent: the same bytes again, never called failed", () =>
    withSystem({ shape, environment: { NEAR_POLL_TIMEOUT_SECS: "1" } }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "reset" } });
      const { body: begun } = await execute(system.rest(), {}, "unknown", 0);
      const unknown = await system.rest().until(begun.request_id, ({ error_code }) => error_code === "outcome_unknown");
      assert.equal(unknown.status, "submitting");
      faults.clear();
      const record = await system.rest().ended(begun.request_id);
      assert.deepEqual([record.status, record.error_code], ["succeeded", null]);
      assert.deepEqual(record.direct_signed_transactions, unknown.direct_signed_transactions);
      assert.equal(await count(system.devnet), 1);
    }));

  it("a crash after it was written down and before it was sent: sent by the next process, once", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "reset" } });
      const { body: begun } = await execute(system.rest(), {}, "crash", 0);
      await system.rest().until(begun.request_id, ({ status }) => status === "submitting");
      await system.stopProduct();
      faults.clear();
      await system.restart();
      const record = await system.rest().ended(begun.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(calls(system).length, 1);
    }));

  it("a crash after it was sent and before its answer: looked up, not sent as another", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add({
        target: "rpc",
        method: "EXPERIMENTAL_tx_status",
        count: null,
        fault: { kind: "server_error" },
      });
      const { body: begun } = await execute(system.rest(), {}, "crash", 0);
      while ((await count(system.devnet)) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      await system.stopProduct();
      faults.clear();
      await system.restart();
      const record = await system.rest().ended(begun.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual([calls(system).length, await count(system.devnet)], [1, 1]);
    }));

  itEmbedded(
    shape,
    "a counter that somebody else moved meanwhile: the receipt decides, and the record says ambiguous",
    () => {
      let elsewhere: () => Promise<unknown> = async () => {};
      const wrap = misbehavingSigner({
        async signDirectUserCall(answer) {
          await elsewhere();
          return answer;
        },
      });
      return withSystem({ wrap }, async (system) => {
        await install(system);
        elsewhere = () => countElsewhere(system);
        const { body } = await execute(system.rest());
        assert.equal(body.status, "succeeded", body.user_visible_error);
        const { count_before, count_after, ambiguous } = body.direct_user_evidence;
        assert.deepEqual([count_before, count_after, ambiguous], [0, 2, true]);
      });
    },
  );

  it("a call that fails on chain: failed, with the chain's own text, and not counted", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { body } = await execute(system.rest(), { gas: "1000000000" });
      assert.deepEqual([body.status, body.error_code], ["failed", "dispatch_failed"]);
      assert.equal(body.user_visible_error, "the call failed on chain: Exceeded the prepaid gas.");
      const { count_before, count_after, ambiguous } = body.direct_user_evidence;
      assert.deepEqual([count_before, count_after, ambiguous], [0, 0, false]);
    }));

  itEmbedded(
    shape,
    "a key that is deleted after the signature: proven dead in the chunks, and then what is true is said (rule: shared-key-is-searched-in-chunks)",
    () => {
      let drop = () => {};
      const wrap = misbehavingSigner({
        signDirectUserCall(answer) {
          drop();
          return answer;
        },
      });
      return withSystem({ wrap }, async (system) => {
        const publicKey = await install(system);
        const { accounts, blocks } = system.devnet.controls;
        drop = () => {
          accounts.deleteKey(scope.user_id, publicKey);
          blocks.mine({ blocks: 3 });
        };
        const { body: begun } = await execute(system.rest(), {}, "deleted", 0);
        const record = await system.rest().ended(begun.request_id);
        assert.deepEqual([record.status, record.error_code], ["requires_direct_user_setup", null]);
        assert.ok((await eventsOf(system, begun.request_id)).includes("transaction_dead"));
        assert.deepEqual([calls(system).length, await count(system.devnet)], [0, 0]);
        assert.equal(record.direct_user_evidence.tx_hash, null);
        assert.equal(record.direct_signed_transactions.length, 1, "that it was signed stays in the record");
      });
    },
  );

  for (const [what, further] of [
    ["beyond ours", 5n],
    ["equal to ours", 1n],
  ] as const) {
    itEmbedded(
      shape,
      `a nonce ${what} that somebody else took: ours is in no chunk, so another is signed (rule: shared-key-is-searched-in-chunks)`,
      () => {
        let take: () => Promise<unknown> = async () => {};
        const wrap = misbehavingSigner({
          async signDirectUserCall(answer) {
            const taken = take;
            take = async () => {};
            await taken();
            return answer;
          },
        });
        return withSystem({ wrap }, async (system) => {
          const publicKey = await install(system);
          const { blocks } = system.devnet.controls;
          take = async () => {
            useElsewhere(system.devnet, publicKey, further);
            blocks.mine({ blocks: 3 });
          };
          const { body: begun } = await execute(system.rest(), {}, "taken", 0);
          const record = await system.rest().ended(begun.request_id);
          assert.equal(record.status, "succeeded", record.user_visible_error);
          assert.equal(record.direct_signed_transactions.length, 2);
          assert.deepEqual([calls(system).length, await count(system.devnet)], [1, 1]);
        });
      },
    );
  }

  itEmbedded(
    shape,
    "a call that the next process has not read yet: nobody else gets its key, and signs the same bytes",
    () => {
      const hidden = new HiddenLog();
      return withSystem({ wrap: hidden.wrap }, async (system) => {
        await install(system);
        const { faults, blocks } = system.devnet.controls;
        faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: serverBusy } });
        const { body: first } = await execute(system.rest(), {}, "first", 0);
        await system.rest().until(first.request_id, (record) => record.direct_signed_transactions.length === 1);
        blocks.stop();
        await system.stopProduct();
        hidden.requestId = first.request_id;
        await system.restart();
        const { body: second } = await execute(system.rest(), {}, "second", 0);
        // Each sweep tries once.
        await hidden.refused(2);
        assert.deepEqual((await system.rest().record(second.request_id)).direct_signed_transactions, []);
        hidden.requestId = undefined;
        faults.clear();
        blocks.go();
        const records = [await system.rest().ended(first.request_id), await system.rest().ended(second.request_id)];
        assert.deepEqual(
          records.map(({ status }) => status),
          ["succeeded", "succeeded"],
        );
        const hashes = records.map(({ direct_user_evidence }) => direct_user_evidence.tx_hash);
        assert.notEqual(hashes[0], hashes[1]);
        assert.deepEqual([calls(system).length, await count(system.devnet)], [2, 2]);
      });
    },
  );

  it("a transaction that expired while nothing could be sent: proven dead, and another is signed (rule: shared-key-is-searched-in-chunks)", () =>
    withSystem({ shape, devnet: { validityPeriod: 20n } }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      // Sends are lost, and the node answers everything else.
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: serverBusy } });
      const { body: begun } = await execute(system.rest(), {}, "late", 0);
      await system.rest().until(begun.request_id, (record) => record.direct_signed_transactions.length > 1);
      faults.clear();
      const record = await system.rest().ended(begun.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual([calls(system).length, await count(system.devnet)], [1, 1]);
      assert.ok((await eventsOf(system, begun.request_id)).includes("transaction_dead"));
    }));

  it("a chunk that no node has proves nothing (rule: shared-key-is-searched-in-chunks)", () =>
    withSystem(
      // Blocks that leave time between them: nothing is called unknown while a look or a proof is due at every turn.
      { shape, devnet: { validityPeriod: 20n, blockTimeMs: 100 }, environment: { NEAR_POLL_TIMEOUT_SECS: "1" } },
      async (system) => {
        await install(system);
        const { faults } = system.devnet.controls;
        faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: serverBusy } });
        faults.add({ target: "rpc", method: "chunk", count: null, fault: { kind: "error", error: unknownChunk } });
        const { body: begun } = await execute(system.rest(), {}, "late", 0);
        await system.rest().until(begun.request_id, ({ error_code }) => error_code === "outcome_unknown");
        const { rpc } = system.devnet.controls.counters.snapshot() as { rpc: Record<string, number> };
        const asked = rpc.chunk ?? 0;
        await system.rest().until(begun.request_id, () => {
          const now = system.devnet.controls.counters.snapshot() as { rpc: Record<string, number> };
          return (now.rpc.chunk ?? 0) > asked;
        });
        const record = await system.rest().record(begun.request_id);
        assert.deepEqual([record.status, record.direct_signed_transactions.length], ["submitting", 1]);
        assert.equal((await eventsOf(system, begun.request_id)).includes("transaction_dead"), false);
        faults.clear();
        assert.equal((await system.rest().ended(begun.request_id)).status, "succeeded");
        assert.equal(await count(system.devnet), 1);
      },
    ));

  it("a user who cannot pay for gas: waited for, with nothing signed that would never land", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { accounts, blocks } = system.devnet.controls;
      accounts.setBalance(scope.user_id, 10n ** 20n);
      blocks.mine({ blocks: 3 });
      const { body: begun } = await execute(system.rest(), {}, "poor", 0);
      const waiting = await system.rest().until(begun.request_id, ({ queue }) => queue !== null);
      assert.deepEqual([waiting.queue.waiting_for, waiting.direct_signed_transactions], ["balance_low", []]);
      accounts.setBalance(scope.user_id, 10n ** 24n);
      const record = await system.rest().ended(begun.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(await count(system.devnet), 1);
    }));

  it("a user who never can: failed for that, with nothing sent", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "1" } }, async (system) => {
      await install(system);
      system.devnet.controls.accounts.setBalance(scope.user_id, 10n ** 20n);
      system.devnet.controls.blocks.mine({ blocks: 3 });
      const { body } = await execute(system.rest());
      assert.deepEqual([body.status, body.error_code], ["failed", "balance_low"]);
      const text =
        "the balance of the user's account does not pay for the call's gas, for more than 1 s; nothing was sent";
      assert.equal(body.user_visible_error, text);
      assert.equal(calls(system).length, 0);
    }));

  it("a keystore that signs for a block of no chain: waited for, nothing sent", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "1" } }, async (system) => {
      await install(system);
      system.devnet.controls.faults.add({
        target: "keystore",
        method: "/wallet/direct-user/sign-scoped-function-calls",
        count: null,
        fault: { kind: "server_error" },
      });
      const { body } = await execute(system.rest());
      assert.deepEqual([body.status, body.error_code], ["failed", "keystore_unavailable"]);
      assert.equal(calls(system).length, 0);
    }));

  it("events are told as of any other record", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { body } = await execute(system.rest());
      const response = await fetch(`${system.product.restUrl}/wallet/v1/workflows/${body.request_id}/events`, {
        headers: { authorization: `Bearer ${apiKey}` },
      });
      const text = await response.text();
      assert.equal([...text.matchAll(/^event: progress$/gm)].length, 7);
      assert.match(text, /"event":"direct_user_call_prepared","status":"submitting"/);
      assert.doesNotMatch(text, new RegExp(body.direct_signed_transactions[0].slice(0, 20)));
    }));
});

describeShapes("the direct-user lane: in plans", (shape) => {
  it("a step that must come from the user names the lane", () =>
    withSystem({ shape }, async (system) => {
      const step = { kind: "near.function_call", predecessor_requirement: "user_required", ...scope };
      const { body } = await system.rest().post("/workflows/plan", { steps: [step] });
      assert.deepEqual(body.setup_requirements, [
        {
          step: 0,
          requirement:
            "steps[0] must come from the user's own account: use the direct-user lane, POST /wallet/v1/direct-user/function-call/execute",
          route: "POST /wallet/v1/direct-user/function-call/execute",
        },
      ]);
    }));
});

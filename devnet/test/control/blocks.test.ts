import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { accountNames } from "../../src/genesis.ts";
import type { Ports } from "../../src/ports.ts";
import { callAction, control, mineUntil, result, settle, signed, transferAction, withDevnet } from "./support.ts";

const { user, counter, register } = accountNames;

/** Timers that run when they are told to. */
function handPorts(): Ports & {
  readonly timers: Map<object, { ms: number; run: () => void }>;
  advance(ms: number): void;
} {
  let now = 1_760_000_000_000;
  const timers = new Map<object, { ms: number; run: () => void }>();
  return {
    timers,
    now: () => now,
    after(ms, run) {
      const timer = { ms, run };
      timers.set(timer, timer);
      return () => timers.delete(timer);
    },
    randomBytes: (count) => new Uint8Array(count),
    advance(ms) {
      now += ms;
      for (const [key, timer] of [...timers]) {
        timer.ms -= ms;
        if (timer.ms > 0) continue;
        timers.delete(key);
        timer.run();
      }
    },
  };
}

describe("control over blocks", () => {
  it("mines by hand, with the clock moved, chunks missing or heights skipped", () =>
    withDevnet(async (devnet) => {
      const { head } = devnet.chain;
      const { body } = await control(devnet, "POST /mine", { blocks: 3, step_ms: 600 });
      assert.equal(body.head.height, Number(head.height) + 3);
      assert.ok(devnet.chain.head.timestampNs - head.timestampNs >= 3n * 600n * 1_000_000n);
      await control(devnet, "POST /mine", { missed_chunk: true });
      assert.deepEqual(devnet.chain.head.missing, [0]);
      await control(devnet, "POST /mine", { skip_heights: 2 });
      assert.equal(devnet.chain.head.height - devnet.chain.head.prevHeight, 3n);
      assert.equal((await control(devnet, "POST /mine", { blocks: -1 })).status, 400);
    }));

  it("sets the block time, stops and goes", async () => {
    const ports = handPorts();
    await withDevnet(
      async (devnet) => {
        const start = devnet.chain.head.height;
        ports.advance(600);
        ports.advance(600);
        assert.equal(devnet.chain.head.height, start + 2n);
        await control(devnet, "POST /stop");
        ports.advance(6_000);
        assert.equal(devnet.chain.head.height, start + 2n);
        await control(devnet, "POST /go");
        await control(devnet, "POST /block-time", { ms: 50 });
        ports.advance(50);
        assert.equal(devnet.chain.head.height, start + 3n);
        await control(devnet, "POST /block-time", { ms: "manual" });
        ports.advance(50);
        assert.equal(devnet.chain.head.height, start + 3n);
        const { status, body } = await control(devnet, "POST /block-time", { ms: 0 });
        assert.deepEqual([status, body], [400, { error: 'block time must be milliseconds or "manual"' }]);
      },
      { ports, blockTimeMs: 600 },
    );
    assert.equal(ports.timers.size, 0);
  });

  it("sets the clock, which block timestamps and policies follow", () =>
    withDevnet(async (devnet) => {
      const later = Date.UTC(2030, 0, 1);
      await control(devnet, "POST /clock", { ms: later });
      const { body } = await control(devnet, "POST /clock", { advance_ms: 60_000 });
      assert.ok(body.ms >= later + 60_000 && body.ms < later + 120_000);
      devnet.controls.blocks.mine();
      const { header } = await result(devnet, "block", { finality: "optimistic" });
      assert.ok(header.timestamp / 1e6 >= later + 60_000);
    }));

  it("forks the optimistic head, and lets either fork win", () =>
    withDevnet(async (devnet) => {
      const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
      await result(devnet, "broadcast_tx_async", [base64]);
      devnet.controls.blocks.mine({ blocks: 2 });
      const old = devnet.chain.head;
      const status = { tx_hash: hash, sender_account_id: user, wait_until: "NONE" };
      const before = await result(devnet, "tx", status);
      const { body } = await control(devnet, "POST /fork", { depth: 2, transactions: "drop" });
      assert.deepEqual([body.forked, body.head.height], [true, Number(old.height) + 1]);
      await assert.rejects(result(devnet, "tx", status));
      const again = await control(devnet, "POST /fork", {});
      assert.deepEqual([again.status, again.body], [400, { error: "a fork is already open" }]);
      await control(devnet, "POST /settle", { winner: "old" });
      assert.deepEqual((await result(devnet, "tx", status)).receipts_outcome[0], before.receipts_outcome[0]);
      const { status: code, body: error } = await control(devnet, "POST /settle", { winner: "new" });
      assert.deepEqual([code, error], [400, { error: "no fork is open" }]);
    }));

  it("dumps blocks, transactions, receipts and outcomes with their heights", () =>
    withDevnet(async (devnet) => {
      const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
      await result(devnet, "broadcast_tx_async", [base64]);
      devnet.controls.blocks.mine({ blocks: 2 });
      devnet.controls.blocks.fork({ depth: 1 });
      settle(devnet);
      const { body: dump } = await control(devnet, "GET /dump");
      const heights = dump.blocks.map(({ height }: { height: number }) => height);
      assert.equal(heights[0], 200_000_000);
      assert.equal(heights.at(-1), Number(devnet.chain.head.height));
      assert.equal(dump.orphans.length, 1);
      const [entry] = dump.transactions;
      assert.equal(entry.transaction.hash, hash);
      const [receipt] = entry.receipts;
      assert.equal(receipt.parent, hash);
      assert.equal(receipt.receipt.receiver_id, counter);
      assert.equal(receipt.height, entry.height + 2);
      assert.deepEqual(receipt.outcome.outcome.logs, ["Increased number to 1"]);
      const account = dump.accounts.find(({ account_id }: { account_id: string }) => account_id === register);
      assert.equal(account.amount, `${10n ** 25n}`);
      const some = await control(devnet, `GET /dump?from=${devnet.chain.head.height}`);
      assert.equal(some.body.blocks.length, 1);
      assert.equal((await control(devnet, "GET /dump?from=x")).status, 400);
    }));

  it("chooses who wins in the block of a timeout", () =>
    withDevnet(async (devnet) => {
      const { done } = devnet.controls.gate.foreignPending();
      await mineUntil(devnet, done);
      const { body } = await control(devnet, "POST /rules", { timeout_wins: false });
      assert.deepEqual(body.rules, { timeout_wins: false, chunks_ahead: false });
      assert.equal(devnet.chain.rules.timeoutWins, false);
    }));
});

describe("control over accounts", () => {
  it("sets balances and keys at the head", () =>
    withDevnet(async (devnet) => {
      const public_key = "ed25519:11111111111111111111111111111111";
      const made = await control(devnet, "POST /accounts/new.near", { balance: "5" });
      assert.equal(made.body.balance, "5");
      const { body } = await control(devnet, "POST /accounts/new.near/keys", {
        public_key,
        receiver_id: counter,
        method_names: ["increase"],
        allowance: "7",
        nonce: 9,
      });
      assert.deepEqual(body.keys, [
        {
          public_key,
          nonce: 9,
          permission: { FunctionCall: { allowance: "7", receiver_id: counter, method_names: ["increase"] } },
        },
      ]);
      const gone = await control(devnet, `DELETE /accounts/new.near/keys/${encodeURIComponent(public_key)}`);
      assert.deepEqual(gone.body.keys, []);
      for (const [route, given, error] of [
        ["GET /accounts/nobody.near", undefined, "there is no account nobody.near"],
        ["POST /accounts/nobody.near/keys", { public_key }, "there is no account nobody.near"],
        ["POST /accounts/X", { balance: 1 }, "X is no account id"],
        ["POST /accounts/new.near", { balance: "1.5" }, "balance must be a whole number, or a string of one"],
        [`DELETE /accounts/new.near/keys/${public_key}`, undefined, "new.near has no such key"],
      ] as const) {
        const answer = await control(devnet, route, given);
        assert.deepEqual([answer.status, answer.body], [400, { error }]);
      }
    }));

  it("lets a key be used as soon as it is there", () =>
    withDevnet(async (devnet) => {
      const fresh = devnet.secretKey(register);
      const other = devnet.chain.view().state().publicKeys(register)[0] ?? "";
      devnet.controls.accounts.addKey(user, other, { kind: "fullAccess" });
      assert.ok(fresh.startsWith("ed25519:"));
      const { base64, hash } = signed(devnet, user, counter, [transferAction(1n)]);
      await result(devnet, "broadcast_tx_async", [base64]);
      devnet.controls.blocks.mine();
      assert.equal(devnet.chain.head.transactions[0]?.hash, hash);
    }));
});

describe("the control API", () => {
  it("answers what it does not know, and cannot read, as errors", () =>
    withDevnet(async (devnet) => {
      const unknown = await control(devnet, "POST /nothing");
      assert.deepEqual([unknown.status, unknown.body], [404, { error: "there is no POST /nothing" }]);
      const bad = await fetch(`${devnet.controlUrl}/mine`, { method: "POST", body: "{" });
      assert.equal(bad.status, 400);
      assert.match(((await bad.json()) as { error: string }).error, /^the body is no JSON/);
      assert.deepEqual((await control(devnet, "POST /settle", { winner: "both" })).body, {
        error: "winner must be one of old, new",
      });
    }));
});

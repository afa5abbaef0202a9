import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Chain } from "../../src/chain/chain.ts";
import { dumpChain } from "../../src/control/dump.ts";
import { accountNames } from "../../src/genesis.ts";
import { refusal, result, signed, transferAction as transferOf, withDevnet } from "../rpc/support.ts";
import {
  chainWith,
  failureOf,
  mine,
  near,
  outcomes,
  publicKeyOf,
  refusalOf,
  settle,
  submit,
  transaction,
  transferAction,
  unkind,
} from "./support.ts";

const people = ["alice.near", "bob.near", "carol.near"];

function nonceOf(chain: Chain, id: string): bigint | undefined {
  return chain.view().state().accessKey(id, publicKeyOf(id))?.nonce;
}

describe("a transaction in the pool", () => {
  it("may wait up to ten blocks, and the later ones of its key with it, while others go past", () => {
    const waits = (seed: string) => {
      const chain = chainWith(people, unkind({ lateTransaction: 0.5, seed }));
      const rounds = Array.from({ length: 20 }, () => {
        const hashes = ["alice.near", "alice.near", "bob.near"].map((id) =>
          submit(chain, id, "carol.near", [transferAction(1n)]),
        );
        const from = chain.head.height + 1n;
        settle(chain);
        return hashes.map((hash) => Number((outcomes(chain, hash)[0]?.height ?? 0n) - from));
      });
      return rounds as [number, number, number][];
    };
    const rounds = waits("one");
    assert.deepEqual(waits("one"), rounds);
    assert.notDeepEqual(waits("two"), rounds);
    for (const [first, second] of rounds) assert.ok(first <= second, `${first} before ${second}`);
    assert.ok(rounds.flat().every((blocks) => blocks >= 0 && blocks <= 10));
    assert.ok(rounds.some(([first, , other]) => first > 0 && other < first));
    assert.ok(rounds.some(([first, second]) => first > 0 && second === first));
  });
});

describe("a transaction that is invalid once its block is made", () => {
  /** Two that alice can pay for singly, and not both. */
  function overdrawn(invalidOutcome: number) {
    const chain = chainWith(people, unkind({ invalidOutcome }));
    const [first, second] = ["bob.near", "carol.near"].map((id) =>
      submit(chain, "alice.near", id, [transferAction(60n * near)]),
    );
    settle(chain);
    return { chain, first: first ?? "", second: second ?? "" };
  }

  it("vanishes, or is in the block and has failed, by chance", () => {
    const vanished = overdrawn(0);
    assert.deepEqual(outcomes(vanished.chain, vanished.second), []);
    assert.deepEqual(
      vanished.chain.dropped.map(({ transaction: { hash } }) => hash),
      [vanished.second],
    );
    const { chain, first, second } = overdrawn(1);
    assert.equal(failureOf(outcomes(chain, first)[0] as never), undefined);
    const [failed, ...receipts] = outcomes(chain, second);
    assert.ok(failed);
    assert.deepEqual(Object.keys(failureOf(failed) as object), ["NotEnoughBalance"]);
    assert.deepEqual([failed.gasBurnt, failed.tokensBurnt, receipts.length], [0n, 0n, 0]);
    assert.deepEqual(chain.dropped, []);
    const { transactions, invalid } = dumpChain(chain);
    assert.deepEqual([transactions.length, invalid.length], [1, 1]);
  });

  it("uses no nonce, so that the same bytes land later on", () => {
    const { chain, second } = overdrawn(1);
    const [, included] = chain
      .view()
      .blocksFrom(0n)
      .flatMap(({ chunks }) => chunks[0]?.transactions ?? []);
    assert.equal(included?.hash, second);
    assert.equal(nonceOf(chain, "alice.near"), included && included.nonce - 1n);
    chain.intervene((state) => state.addBalance("alice.near", 50n * near));
    chain.submit(included as never);
    settle(chain);
    assert.equal(outcomes(chain, second).length >= 2, true);
    assert.equal(outcomes(chain, second)[0]?.status.kind, "receipt");
  });

  it("leaves what has landed as it is", () => {
    const chain = chainWith(people, unkind({ invalidOutcome: 1 }));
    const one = transaction(chain, "alice.near", "bob.near", [transferAction(1n)]);
    chain.submit(one);
    settle(chain);
    chain.pool.add(one);
    mine(chain, 1);
    assert.equal(outcomes(chain, one.hash)[0]?.status.kind, "receipt");
  });

  it("is told by the RPC as a failure, and is in its chunk", () =>
    withDevnet(
      async (devnet) => {
        const { user, relayer } = accountNames;
        const amount = devnet.chain.view().state().account(user)?.amount ?? 0n;
        const { base64, hash } = signed(devnet, user, relayer, [transferOf(amount - near)]);
        await result(devnet, "broadcast_tx_async", [base64]);
        devnet.controls.accounts.setBalance(user, near);
        devnet.controls.blocks.mine({ blocks: 1 });
        const params = { tx_hash: hash, sender_account_id: user, wait_until: "NONE" };
        const { status, transaction_outcome } = await result(devnet, "EXPERIMENTAL_tx_status", params);
        assert.deepEqual(Object.keys(status.Failure.InvalidTxError), ["NotEnoughBalance"]);
        assert.deepEqual(transaction_outcome.outcome.receipt_ids, []);
        const { transactions } = await result(devnet, "chunk", { block_id: devnet.chain.head.hash, shard_id: 0 });
        assert.deepEqual(
          transactions.map((one: { hash: string }) => one.hash),
          [hash],
        );
      },
      { weather: { invalidOutcome: 1 } },
    ));
});

describe("congestion", () => {
  it("refuses what is for the shard for twenty blocks at a time, as congested or as stuck, and drops what is in the pool", () => {
    const chain = chainWith(people, unkind({ congestion: 0.6 }));
    const reasons: string[] = [];
    for (let at = 0; at < 400; at += 1) {
      const refused = refusalOf(chain, transaction(chain, "alice.near", "bob.near", [transferAction(1n)]));
      reasons.push(refused === undefined ? "" : (Object.keys(refused as object)[0] ?? ""));
      chain.mine();
    }
    assert.deepEqual(new Set(reasons), new Set(["", "ShardCongested", "ShardStuck"]));
    // Windows begin at heights that twenty divides.
    for (let at = 0; at < 380; at += 20) {
      assert.equal(new Set(reasons.slice(at, at + 19)).size, 1, `${at}: ${reasons.slice(at, at + 19)}`);
    }
    const waiting = transaction(chain, "alice.near", "bob.near", [transferAction(1n)]);
    chain.pool.add(waiting);
    chain.changeRules(unkind({ congestion: 1 }).rules ?? {});
    chain.mine();
    assert.deepEqual(
      chain.dropped.map(({ transaction: { hash } }) => hash),
      [waiting.hash],
    );
  });

  it("is told where the sender waits, and by NONE not at all", () =>
    withDevnet(
      async (devnet) => {
        const { user, relayer } = accountNames;
        const { base64, hash } = signed(devnet, user, relayer, [transferOf(1n)]);
        const params = { signed_tx_base64: base64, wait_until: "NONE" };
        assert.deepEqual(await result(devnet, "send_tx", params), { final_execution_status: "NONE" });
        const { data } = await refusal(devnet, "send_tx", { ...params, wait_until: "INCLUDED" });
        const [reason] = Object.keys(
          (data as { TxExecutionError: { InvalidTxError: object } }).TxExecutionError.InvalidTxError,
        );
        assert.match(reason ?? "", /^Shard(Congested|Stuck)$/);
        devnet.controls.blocks.mine({ blocks: 3 });
        assert.equal(devnet.chain.view().state().transaction(hash), undefined);
      },
      { weather: { congestion: 1 } },
    ));
});

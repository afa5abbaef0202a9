import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { Block } from "../../src/chain/block.ts";
import { type Chain, type ChainOptions, ChainStateError } from "../../src/chain/chain.ts";
import {
  callAction,
  chainWith,
  counter,
  deployContract,
  mine,
  outcomes,
  receiptOutcome,
  refusalOf,
  settle,
  submit,
  transaction,
  transferAction,
  unkind,
} from "./support.ts";

function setUp(options: Partial<ChainOptions> = {}): Chain {
  const chain = chainWith(["alice.near", "bob.near", "counter.near"], options);
  deployContract(chain, "counter.near", counter);
  mine(chain, 5);
  return chain;
}

function counted(chain: Chain): unknown {
  return chain.view().state().stored("counter.near", "value");
}

describe("forks", () => {
  it("take away the losing blocks' transactions, receipts and state, and bring the transactions back", () => {
    const chain = setUp();
    const hash = submit(chain, "alice.near", "counter.near", [callAction("count")]);
    mine(chain, 2);
    assert.equal(counted(chain), 1);
    const [lost] = [chain.head];
    chain.fork({ depth: 2 });
    assert.equal(counted(chain), undefined);
    assert.equal(chain.view().isOnChain(lost), false);
    assert.equal(receiptOutcomeHeight(chain, hash), undefined);
    assert.deepEqual(
      chain.head.transactions.map((one) => one.hash),
      [hash],
    );
    chain.mine();
    assert.equal(counted(chain), 1);
    assert.equal(receiptOutcome(chain, hash).height, chain.head.height);
  });

  it("forget the transactions for good where that is asked", () => {
    const chain = setUp();
    const hash = submit(chain, "alice.near", "counter.near", [callAction("count")]);
    mine(chain, 2);
    chain.fork({ depth: 2, transactions: "drop" });
    settle(chain);
    assert.deepEqual(outcomes(chain, hash), []);
    assert.equal(chain.pool.size, 0);
  });

  it("start above the old head, so that heights are missing, or use the same heights", () => {
    const chain = setUp();
    const head = chain.head.height;
    chain.fork({ depth: 2 });
    assert.equal(chain.head.height, head + 1n);
    assert.equal(chain.head.prevHeight, head - 2n);
    assert.equal(chain.view().atHeight(head), undefined);
    chain.settle("new");
    mine(chain, 3);
    const next = chain.head;
    chain.fork({ depth: 1, heights: "same" });
    assert.equal(chain.head.height, next.height);
    assert.notEqual(chain.head.hash, next.hash);
  });

  it("leave the old blocks in place, hashes and all, where those win", () => {
    const chain = setUp();
    const hash = submit(chain, "alice.near", "counter.near", [callAction("count")]);
    mine(chain, 2);
    const [head, outcome] = [chain.head, receiptOutcome(chain, hash)];
    chain.fork({ depth: 2, transactions: "drop" });
    const stray = chain.head;
    const onlyThere = submit(chain, "bob.near", "counter.near", [callAction("count")]);
    chain.mine();
    chain.settle("old");
    assert.equal(chain.head.prevHash, head.hash);
    assert.ok(chain.head.height > stray.height);
    assert.deepEqual(receiptOutcome(chain, hash), outcome);
    assert.equal(counted(chain), 1);
    assert.deepEqual(outcomes(chain, onlyThere), []);
    assert.equal(chain.orphans().length, 2);
  });

  it("are decided once the new one finalizes a block of its own", () => {
    const chain = setUp();
    chain.fork({ depth: 1 });
    mine(chain, 2);
    assert.equal(chain.isForked, false);
    assert.throws(() => chain.settle("old"), new ChainStateError("no fork is open"));
  });

  it("never reach below the final block, and are one at a time", () => {
    const chain = setUp();
    assert.throws(() => chain.fork({ depth: 3 }), ChainStateError);
    chain.fork({ depth: 1 });
    assert.throws(() => chain.fork({ depth: 1 }), new ChainStateError("a fork is already open"));
  });

  it("make transactions invalid whose block hash is on the other one", () => {
    const chain = setUp();
    const before = chain.head.prevHash;
    const lost = chain.head;
    const [bound, free] = [lost.hash, before].map((blockHash, index) =>
      transaction(chain, ["alice.near", "bob.near"][index] ?? "", "counter.near", [callAction("count")], { blockHash }),
    );
    assert.ok(bound && free);
    chain.submit(bound);
    chain.submit(free);
    chain.fork({ depth: 1 });
    assert.deepEqual(
      chain.head.transactions.map((one) => one.hash),
      [free.hash],
    );
    assert.deepEqual(
      chain.dropped.map(({ reason }) => reason),
      ["InvalidChain"],
    );
    assert.equal(refusalOf(chain, bound), "InvalidChain");
  });

  it("keep what was changed by hand", () => {
    const chain = setUp();
    chain.intervene((state) => state.addBalance("bob.near", 5n));
    const amount = chain.view().state().account("bob.near")?.amount;
    chain.fork({ depth: 1 });
    assert.equal(chain.view().state().account("bob.near")?.amount, amount);
    chain.settle("old");
    assert.equal(chain.view().state().account("bob.near")?.amount, amount);
  });

  it("never replace a block that a head has named as final, although the first heads of a fork name older ones", () => {
    const chain = setUp();
    const final = chain.view().final();
    chain.fork({ depth: 2 });
    chain.settle("new");
    assert.ok(chain.view().final().ordinal < final.ordinal);
    const possible = Number(chain.head.ordinal - final.ordinal);
    assert.throws(() => chain.fork({ depth: possible + 1 }), ChainStateError);
    chain.fork({ depth: possible });
    assert.equal(chain.view().isOnChain(final), true);
  });

  it("run the old blocks as they ran, before what was changed by hand after them", () => {
    const chain = setUp();
    const hash = submit(chain, "alice.near", "counter.near", [callAction("count")]);
    mine(chain, 2);
    const before = receiptOutcome(chain, hash);
    chain.intervene((state) => state.store("counter.near", "value", 100));
    chain.fork({ depth: 2, transactions: "drop" });
    chain.intervene((state) => state.addBalance("bob.near", 5n));
    const amount = chain.view().state().account("bob.near")?.amount;
    chain.settle("old");
    assert.deepEqual(receiptOutcome(chain, hash), before);
    assert.equal(counted(chain), 100);
    assert.equal(chain.view().state().account("bob.near")?.amount, amount);
  });

  it("come back to the very state they left, whatever happened in the blocks", () => {
    const accounts = ["alice.near", "bob.near", "counter.near"] as const;
    const step = fc.record({
      signer: fc.constantFrom(...accounts),
      receiver: fc.constantFrom(...accounts, "ab".repeat(32), "nobody.near"),
      action: fc.constantFrom(transferAction(7n), callAction("count"), callAction("count_and_panic")),
      mine: fc.boolean(),
    });
    const state = (chain: Chain, block: Block) => {
      const view = chain.view().stateAt(block);
      const amounts = [...accounts, "ab".repeat(32)].map((id) => view.account(id)?.amount);
      const nonces = accounts.map((id) => view.publicKeys(id).map((key) => view.accessKey(id, key)?.nonce));
      return { amounts, nonces, burnt: view.burnt(), value: view.stored("counter.near", "value") };
    };
    const storm = { missedChunk: 0.3, lateHop: 0.5, lateTransaction: 0.3, invalidOutcome: 1 };
    const kinds = fc.constantFrom<Partial<ChainOptions>>({}, { shards: 4, seed: "forks", ...unkind(storm) });
    const depths = fc.constantFrom(1, 2);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), depths, fc.boolean(), kinds, (steps, depth, returned, kind) => {
        const chain = setUp(kind);
        for (const { signer, receiver, action, mine: mined } of steps) {
          chain.pool.add(transaction(chain, signer, receiver, [action]));
          if (mined) chain.mine();
        }
        const { head } = chain;
        const before = state(chain, head);
        const next = head.next.map(({ receipt }) => receipt.id);
        chain.fork({ depth, transactions: returned ? "return" : "drop" });
        chain.settle("old");
        assert.deepEqual(state(chain, head), before);
        const again = chain
          .view()
          .byHash(head.hash)
          ?.next.map(({ receipt }) => receipt.id);
        assert.deepEqual(again, next);
        assert.equal(chain.head.prevHash, head.hash);
      }),
      { numRuns: 60 },
    );
  });

  it("undo transfers, new accounts and access keys alike", () => {
    const chain = setUp();
    const all = () =>
      JSON.stringify(
        ["alice.near", "bob.near", "ab".repeat(32)].map((id) => [
          chain.view().state().account(id)?.amount.toString(),
          chain
            .view()
            .state()
            .publicKeys(id)
            .map((key) => chain.view().state().accessKey(id, key)?.nonce.toString()),
        ]),
      );
    const before = all();
    submit(chain, "alice.near", "ab".repeat(32), [transferAction(5n)]);
    mine(chain, 2);
    assert.notEqual(all(), before);
    chain.fork({ depth: 2, transactions: "drop" });
    assert.equal(all(), before);
  });
});

function receiptOutcomeHeight(chain: Chain, hash: string): bigint | undefined {
  return outcomes(chain, hash)[1]?.height;
}

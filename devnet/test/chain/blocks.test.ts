import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { Chain } from "../../src/chain/chain.ts";
import {
  callAction,
  chainWith,
  counter,
  deployContract,
  handClock,
  mine,
  outcomes,
  settle,
  submit,
  transferAction,
} from "./support.ts";

describe("blocks", () => {
  it("starts at height 200,000,000 and finalizes the block two below the head", () => {
    const chain = new Chain({ now: handClock().now });
    assert.equal(chain.head.height, 200_000_000n);
    mine(chain, 5);
    assert.equal(chain.head.height, 200_000_005n);
    assert.equal(chain.view().final().height, 200_000_003n);
    assert.equal(chain.view().nearFinal().height, 200_000_004n);
  });

  it("links each block to its parent, and stamps it with the clock, always later than the one before", () => {
    const clock = handClock();
    const chain = new Chain({ now: clock.now });
    const first = chain.mine();
    const second = chain.mine();
    assert.equal(second.prevHash, first.hash);
    assert.equal(second.timestampNs, first.timestampNs + 1n);
    clock.advance(600);
    assert.equal(chain.mine().timestampNs, BigInt(clock.now()) * 1_000_000n);
    clock.advance(-10_000);
    assert.ok(chain.mine().timestampNs > BigInt(clock.now()) * 1_000_000n);
  });

  it("finalizes nothing over a gap in the heights until two blocks follow each other again", () => {
    const chain = new Chain({ now: handClock().now });
    mine(chain, 4);
    chain.mine({ skip: 3n });
    assert.equal(chain.head.height, 200_000_008n);
    assert.equal(chain.head.prevHeight, 200_000_004n);
    assert.equal(chain.view().final().height, 200_000_002n);
    chain.mine();
    assert.equal(chain.view().final().height, 200_000_002n);
    chain.mine();
    assert.equal(chain.view().final().height, 200_000_008n);
    assert.equal(chain.view().atHeight(200_000_006n), undefined);
  });

  it("includes a transaction in the next block and runs its receipt in the one after", () => {
    const chain = chainWith(["alice.near", "counter.near"]);
    deployContract(chain, "counter.near", counter);
    const accepted = chain.head.height;
    const hash = submit(chain, "alice.near", "counter.near", [callAction("count")]);
    assert.equal(chain.view().state().transaction(hash), undefined);
    settle(chain);
    const [conversion, receipt] = outcomes(chain, hash);
    assert.equal(conversion?.height, accepted + 1n);
    assert.equal(receipt?.height, accepted + 2n);
    assert.deepEqual(receipt?.logs, ["count 1"]);
  });

  it("runs nothing in a block whose chunk is missing", () => {
    const chain = chainWith(["alice.near", "bob.near"]);
    const hash = submit(chain, "alice.near", "bob.near", [transferAction(1n)]);
    const empty = chain.mine({ hasChunk: false });
    assert.equal(empty.transactions.length, 0);
    const included = chain.mine();
    assert.deepEqual(
      included.transactions.map((one) => one.hash),
      [hash],
    );
    const alsoEmpty = chain.mine({ hasChunk: false });
    assert.deepEqual(alsoEmpty.chunks, included.chunks);
    assert.equal(alsoEmpty.chunks[0]?.height, included.height);
    assert.equal(outcomes(chain, hash).length, 1);
    chain.mine();
    assert.equal(outcomes(chain, hash).length, 2);
  });

  it("leaves receipts for the next block once a chunk has burnt its gas", () => {
    const heights = (chunkGasLimit: bigint) => {
      const chain = chainWith(["alice.near", "bob.near"], { rules: { chunkGasLimit } });
      const hashes = ["alice.near", "bob.near"].map((one) => submit(chain, one, "alice.near", [transferAction(1n)]));
      settle(chain);
      return hashes.map((hash) => (outcomes(chain, hash)[1]?.height ?? 0n) - chain.genesis.height);
    };
    assert.deepEqual(heights(400_000_000_000n), [2n, 2n]);
    assert.deepEqual(heights(200_000_000_000n), [2n, 3n]);
  });

  it("answers from the state of an older block", () => {
    const chain = chainWith(["alice.near", "bob.near"]);
    mine(chain, 3);
    const before = chain.head;
    submit(chain, "alice.near", "bob.near", [transferAction(5n)]);
    settle(chain);
    const balance = (block: typeof before) => chain.view().stateAt(block).account("bob.near")?.amount;
    assert.equal((balance(chain.head) ?? 0n) - (balance(before) ?? 0n), 5n);
    assert.equal(chain.view().lagging(2).state().account("bob.near")?.amount, balance(before));
  });

  it("no longer answers from a state that is too old", () => {
    const chain = new Chain({ now: handClock().now, historyBlocks: 3 });
    mine(chain, 10);
    const old = chain.view().atHeight(200_000_004n);
    assert.ok(old);
    assert.throws(() => chain.view().stateAt(old), /no longer kept/);
  });

  it("mines thousands of empty blocks in a second", () => {
    const chain = new Chain({ now: handClock().now });
    mine(chain, 5_000);
    assert.equal(chain.head.height, 200_005_000n);
  }).timeout(1_000);
});

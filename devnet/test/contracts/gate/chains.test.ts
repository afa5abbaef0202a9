import { deepStrictEqual, strictEqual } from "node:assert";
import type { MockChain } from "../harness/mock-chain.ts";
import { failingContract } from "../harness/stub-contract.ts";
import {
  GATE,
  gateChain,
  OWNER,
  resumeBatch,
  resumeOne,
  submit,
  submitMany,
  TARGET,
  TGAS,
  traces,
} from "./gate-world.ts";

describe("a chained batch", () => {
  it("dispatches in the approver's order, each step three blocks after the one before", () => {
    const chain = gateChain();
    submitMany(chain, 3);
    resumeBatch(chain, ["2", "0", "1"]);
    chain.settle();
    deepStrictEqual(dispatches(chain), [
      [2, 0, 1001],
      [0, 1, 1004],
      [1, 2, 1007],
    ]);
    deepStrictEqual(heightsOf(chain, "chain_continued"), [1003, 1006]);
    deepStrictEqual(
      chain.outcomes.filter(({ executor }) => executor === TARGET).map(({ height }) => Number(height)),
      [1002, 1005, 1008],
    );
  });

  it("puts dispatches into each intent's own submission, and the link into the one before", () => {
    const chain = gateChain();
    submitMany(chain, 2);
    resumeBatch(chain, ["1", "0"]);
    chain.settle();
    deepStrictEqual(transactionsOf(chain, "intent_dispatched"), [2, 1]);
    deepStrictEqual(transactionsOf(chain, "chain_continued"), [2]);
    deepStrictEqual(transactionsOf(chain, "batch_started"), [3]);
  });

  it("calls with the gate as predecessor and the relayer as signer, and no more than the inner gas", () => {
    const chain = gateChain();
    submitMany(chain, 1, { gas: 7n * TGAS });
    resumeBatch(chain, ["0"]);
    chain.settle();
    const [dispatch] = chain.outcomes.filter(({ methods }) => methods[0] === "on_intent_resumed");
    const [made] = dispatch?.scheduled ?? [];
    deepStrictEqual(made?.kind === "promise" && made.spec.actions[0], {
      kind: "call",
      method: "go",
      args: new Uint8Array(Buffer.from("{}")),
      deposit: 0n,
      gas: 7n * TGAS,
      gasWeight: 0n,
    });
  });

  it("carries 12 intents of 130 Tgas on a submission of 250 Tgas and a resume of 100", () => {
    const chain = gateChain();
    submitMany(chain, 12, { gas: 130n * TGAS });
    const ids = Array.from({ length: 12 }, (_, index) => String(11 - index));
    strictEqual(resumeBatch(chain, ids, 6n * 10n ** 22n, 100n * TGAS).ok, true);
    chain.settle();
    deepStrictEqual(
      dispatches(chain).map(([id]) => id),
      ids.map(Number),
    );
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), []);
  });

  it("goes on when an inner call fails", () => {
    const chain = gateChain();
    chain.deploy("broken.near", failingContract("no"));
    submit(chain, { nonce: 1n, receiver: "broken.near" });
    submit(chain, { nonce: 2n });
    resumeBatch(chain, ["0", "1"]);
    chain.settle();
    deepStrictEqual(
      dispatches(chain).map(([id]) => id),
      [0, 1],
    );
    deepStrictEqual(chain.view(GATE, "stats"), ["2", "2", "0", "2", "1"]);
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), []);
  });

  it("keeps others out until its tail is empty", () => {
    const chain = gateChain();
    submitMany(chain, 3);
    resumeBatch(chain, ["0", "1"]);
    const inFlight = "a chained batch is already in flight; owner must reset_batch_tail if stuck";
    strictEqual(resumeBatch(chain, ["2"]).panic, inFlight);
    chain.mine(2);
    strictEqual(resumeBatch(chain, ["2"]).panic, inFlight);
    chain.mine();
    strictEqual(resumeBatch(chain, ["2"]).ok, true);
  });

  it("of one never occupies the tail", () => {
    const chain = gateChain();
    submitMany(chain, 2);
    strictEqual(resumeBatch(chain, ["0"]).ok, true);
    strictEqual(resumeBatch(chain, ["1"]).ok, true);
  });
});

describe("a broken chain leaves a dirty tail", () => {
  it("after a duplicate, which the gate does not check", () => {
    const chain = gateChain();
    submitMany(chain, 2);
    strictEqual(resumeBatch(chain, ["0", "0", "1"]).ok, true);
    chain.settle();
    strictEqual(lastFailure(chain), "unknown next_id in continue_chain");
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), ["0", "1"]);
    deepStrictEqual(chain.view(GATE, "list_pending"), ["1"]);
  });

  it("after a tail member was resumed singly", () => {
    const chain = gateChain();
    submitMany(chain, 3);
    resumeBatch(chain, ["0", "1", "2"]);
    strictEqual(resumeOne(chain, "1").ok, true);
    chain.settle();
    strictEqual(lastFailure(chain), "unknown next_id in continue_chain");
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), ["1", "2"]);
    deepStrictEqual(chain.view(GATE, "list_pending"), ["2"]);
  });

  it("after a pending member timed out", () => {
    const chain = gateChain();
    submit(chain, { nonce: 1n });
    chain.mine(100);
    submit(chain, { nonce: 2n });
    chain.mine(99);
    resumeBatch(chain, ["1", "0"]);
    chain.mine(5);
    strictEqual(lastFailure(chain), "unknown next_id in continue_chain");
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), ["0"]);
    deepStrictEqual(chain.view(GATE, "stats"), ["2", "1", "1", "2", "1"]);
  });

  it("after a callback that could not pay for its inner call's gas, with no link made", () => {
    const chain = gateChain();
    submit(chain, { nonce: 1n, gas: 400n * TGAS });
    submit(chain, { nonce: 2n });
    resumeBatch(chain, ["0", "1"]);
    chain.settle();
    strictEqual(lastFailure(chain), "Exceeded the prepaid gas.");
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), ["1"]);
    deepStrictEqual(chain.view(GATE, "list_pending"), ["1"]);
    deepStrictEqual(chain.view(GATE, "stats"), ["2", "0", "0", "2", "1"]);
  });

  it("after a callback whose inner deposit is above the gate's balance", () => {
    const chain = gateChain();
    submit(chain, { nonce: 1n, deposit: 10n ** 30n });
    submit(chain, { nonce: 2n });
    resumeBatch(chain, ["0", "1"]);
    chain.settle();
    strictEqual(lastFailure(chain), "Exceeded the account balance.");
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), ["1"]);
  });

  it("until the owner resets it", () => {
    const chain = gateChain();
    submitMany(chain, 2);
    resumeBatch(chain, ["0", "0", "1"]);
    chain.settle();
    const reset = chain.call({ receiver: GATE, method: "reset_batch_tail", predecessor: OWNER });
    deepStrictEqual(reset.logs, ['trace:{"ev":"batch_tail_reset","cleared":2}']);
    strictEqual(resumeBatch(chain, ["1"]).ok, true);
  });
});

describe("continue_chain", () => {
  const link = (chain: MockChain, next_id: string, predecessor = GATE) =>
    chain.call({ receiver: GATE, method: "continue_chain", args: { next_id, next_seq: 1 }, predecessor }).panic;

  it("is the gate's own", () => {
    strictEqual(link(gateChain(), "0", OWNER), "Method continue_chain is private");
  });

  it("panics on an empty tail, and on another head than it expects", () => {
    const chain = gateChain();
    strictEqual(link(chain, "0"), "batch_chain_tail empty but expected next_id");
    submitMany(chain, 2);
    resumeBatch(chain, ["0", "1"]);
    strictEqual(link(chain, "0"), "chain tail mismatch (state drifted from expected next_id)");
    deepStrictEqual(chain.view(GATE, "get_batch_tail"), ["1"]);
  });
});

function dispatches(chain: MockChain): readonly (readonly unknown[])[] {
  return traces(chain)
    .filter(({ ev }) => ev === "intent_dispatched")
    .map(({ id, seq, height }) => [id, seq, height]);
}

function heightsOf(chain: MockChain, event: string): readonly unknown[] {
  return traces(chain).flatMap(({ ev, height }) => (ev === event ? [height] : []));
}

function transactionsOf(chain: MockChain, event: string): readonly unknown[] {
  return traces(chain).flatMap(({ ev, transaction }) => (ev === event ? [transaction] : []));
}

function lastFailure(chain: MockChain): string | undefined {
  return chain.outcomes.findLast(({ ok }) => !ok)?.panic;
}

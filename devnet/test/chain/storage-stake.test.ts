import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Chain } from "../../src/chain/chain.ts";
import { lackingStake, storageUsage, yoctoPerByte } from "../../src/chain/storage-stake.ts";
import { chainWithGate, submitIntent, viewGate } from "./gate-support.ts";
import {
  callAction,
  chainWith,
  deployContract,
  failureOf,
  json,
  near,
  outcomes,
  receiptOutcome,
  refusalOf,
  settle,
  submit,
  testContract,
  transaction,
  transferAction,
} from "./support.ts";

const keeper = testContract({
  keep(env, { key, bytes }) {
    env.storage.set(String(key), "x".repeat(Number(bytes)));
    return json(true);
  },
  forget(env, { key }) {
    env.storage.delete(String(key));
    return json(true);
  },
});

function chainWithKeeper(): Chain {
  const chain = chainWith(["alice.near", "keeper.near"]);
  deployContract(chain, "keeper.near", keeper);
  return chain;
}

function setBalance(chain: Chain, id: string, amount: bigint): void {
  chain.intervene((state) => {
    const account = state.account(id);
    if (account !== undefined) state.setAccount(id, { ...account, amount });
  });
}

const usage = (chain: Chain, id: string) => storageUsage(chain.view().state(), id);

describe("the stake for storage", () => {
  it("counts every byte of key and value, and gives back what is deleted", () => {
    const chain = chainWithKeeper();
    const before = usage(chain, "keeper.near");
    submit(chain, "alice.near", "keeper.near", [callAction("keep", { key: "k", bytes: 1_000 })]);
    settle(chain);
    assert.equal(usage(chain, "keeper.near") - before, 1_000n + 4n + 1n + 40n);
    submit(chain, "alice.near", "keeper.near", [callAction("keep", { key: "k", bytes: 10 })]);
    settle(chain);
    assert.equal(usage(chain, "keeper.near") - before, 10n + 4n + 1n + 40n);
    submit(chain, "alice.near", "keeper.near", [callAction("forget", { key: "k" })]);
    settle(chain);
    assert.equal(usage(chain, "keeper.near"), before);
  });

  it("fails a receipt whose account cannot pay for what it would keep, and nothing of it stays", () => {
    const chain = chainWithKeeper();
    setBalance(chain, "keeper.near", 2_000n * yoctoPerByte);
    const kept = usage(chain, "keeper.near");
    const hash = submit(chain, "alice.near", "keeper.near", [callAction("keep", { key: "k", bytes: 3_000 })]);
    settle(chain);
    const { status } = receiptOutcome(chain, hash);
    const amount = `${(kept + 3_045n - 2_000n) * yoctoPerByte}`;
    const kind = { LackBalanceForState: { account_id: "keeper.near", amount } };
    assert.deepEqual(status, { kind: "failure", error: { ActionError: { index: null, kind } } });
    assert.equal(usage(chain, "keeper.near"), kept);
    assert.equal(chain.view().state().stored("keeper.near", "k"), undefined);
    setBalance(chain, "keeper.near", 5_000n * yoctoPerByte);
    const again = submit(chain, "alice.near", "keeper.near", [callAction("keep", { key: "k", bytes: 3_000 })]);
    settle(chain);
    assert.equal(failureOf(receiptOutcome(chain, again)), undefined);
  });

  it("asks nothing of a small account, and refuses a transaction that would leave a large one with too little", () => {
    const chain = chainWithKeeper();
    setBalance(chain, "alice.near", near);
    const all = transaction(chain, "alice.near", "keeper.near", [transferAction(near - near / 100n)]);
    assert.equal(refusalOf(chain, all), undefined);
    chain.intervene((state) => state.store("keeper.near", "k", "x".repeat(10_000)));
    setBalance(chain, "keeper.near", near / 2n);
    const most = transaction(chain, "keeper.near", "alice.near", [transferAction((near * 45n) / 100n)]);
    const refused = refusalOf(chain, most) as { LackBalanceForState: { signer_id: string } };
    assert.equal(refused.LackBalanceForState.signer_id, "keeper.near");
  });

  it("makes a gate without means refuse a submission after its signature, and its nonce stays good", () => {
    const chain = chainWithGate();
    const first = submitIntent(chain, { nonce: 1n });
    settle(chain);
    assert.equal(failureOf(receiptOutcome(chain, first)), undefined);
    const free = usage(chain, "gate.near") * yoctoPerByte;
    setBalance(chain, "gate.near", free + 10n * yoctoPerByte);
    const short = submitIntent(chain, { nonce: 2n });
    settle(chain);
    assert.deepEqual(Object.keys(failureOf(receiptOutcome(chain, short)) as object), ["LackBalanceForState"]);
    assert.deepEqual(viewGate(chain).pending, ["0"]);
    assert.ok(lackingStake(chain.view().state(), "gate.near") === 0n);
    setBalance(chain, "gate.near", near);
    const again = submitIntent(chain, { nonce: 2n });
    settle(chain);
    assert.equal(failureOf(receiptOutcome(chain, again)), undefined);
    assert.ok(outcomes(chain, again).some(({ logs }) => logs.some((line) => line.includes("intent_submitted"))));
  });
});

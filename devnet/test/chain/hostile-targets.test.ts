import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Chain } from "../../src/chain/chain.ts";
import { createHostile } from "../../src/contracts/index.ts";
import {
  callAction,
  chainWith,
  counter,
  deployContract,
  failureOf,
  mine,
  outcomes,
  receiptOutcome,
  settle,
  submit,
  tera,
  text,
} from "./support.ts";

function setUp(): Chain {
  const chain = chainWith(["alice.near", "hostile.near", "counter.near"]);
  deployContract(chain, "hostile.near", createHostile());
  deployContract(chain, "counter.near", counter);
  return chain;
}

function call(chain: Chain, method: string, args: object): string {
  return submit(chain, "alice.near", "hostile.near", [callAction(method, args, 100n * tera)]);
}

/** What the call came to in the end, and how many blocks after its own receipt; undefined while that is open. */
function answerOf(chain: Chain, hash: string): { readonly value: string; readonly blocks: bigint } | undefined {
  const first = receiptOutcome(chain, hash);
  let { id } = first;
  for (;;) {
    const outcome = outcomes(chain, hash).find((one) => one.id === id);
    if (outcome === undefined) return undefined;
    const { status, height } = outcome;
    const blocks = height - first.height;
    if (status.kind === "receipt") id = status.id;
    else return { value: status.kind === "value" ? text(status.value) : JSON.stringify(failureOf(outcome)), blocks };
  }
}

describe("a target that means ill", () => {
  it("answers so many blocks late", () => {
    const chain = setUp();
    const hash = call(chain, "answer_late", { blocks: 12, id: 1 });
    settle(chain);
    assert.deepEqual(answerOf(chain, hash), { value: '"late"', blocks: 12n });
  });

  it("answers once it was woken, or when its yields have timed out", () => {
    const chain = setUp();
    const hash = call(chain, "answer_by_yield", { rounds: 1 });
    settle(chain);
    assert.equal(answerOf(chain, hash), undefined);
    mine(chain, 210);
    assert.equal(answerOf(chain, hash), undefined);
    mine(chain, 210);
    assert.equal(answerOf(chain, hash)?.value, '"woken"');
    const woken = call(chain, "answer_by_yield", { rounds: 0 });
    settle(chain);
    mine(chain, 30);
    call(chain, "wake", {});
    settle(chain);
    const answer = answerOf(chain, woken);
    assert.equal(answer?.value, '"woken"');
    assert.ok(answer.blocks < 60n, `${answer.blocks} blocks`);
  });

  it("calls somebody else first, and answers late", () => {
    const chain = setUp();
    const hash = call(chain, "call_back_late", { receiver: "counter.near", method: "count", args: "{}", blocks: 3 });
    settle(chain);
    assert.deepEqual(answerOf(chain, hash), { value: '"late"', blocks: 4n });
    assert.ok(outcomes(chain, hash).some(({ logs }) => logs.includes("count 1")));
  });

  it("fails after it has moved something", () => {
    const chain = setUp();
    const balance = () => chain.view().state().account("counter.near")?.amount ?? 0n;
    const before = balance();
    const hash = call(chain, "move_and_fail", { receiver: "counter.near" });
    settle(chain);
    assert.match(answerOf(chain, hash)?.value ?? "", /Smart contract panicked/);
    assert.equal(balance() - before, 1n);
  });

  it("burns all the gas that it is given", () => {
    const chain = setUp();
    const hash = call(chain, "burn_all", {});
    settle(chain);
    assert.match(answerOf(chain, hash)?.value ?? "", /Exceeded the prepaid gas/);
    assert.ok(receiptOutcome(chain, hash).gasBurnt > 99n * tera);
  });
});

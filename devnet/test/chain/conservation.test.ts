import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { Chain } from "../../src/chain/chain.ts";
import { receiptGas, totalDeposit } from "../../src/chain/fees.ts";
import type { Action } from "../../src/chain/types.ts";
import { ContractPanic } from "../../src/contract.ts";
import {
  bytes,
  callAction,
  chainWith,
  deployContract,
  near,
  promiseCall,
  publicKeyOf,
  settle,
  tera,
  testContract,
  transaction,
  transferAction,
} from "./support.ts";

const accounts = ["alice.near", "bob.near", "carol.near", "contract.near"] as const;

const spender = testContract({
  spread(env, { receiver, amount, panic, after, weight }) {
    env.useGas(tera);
    const deposit = BigInt(String(amount));
    const actions = [promiseCall("sink", { deposit, gas: 5n * tera, gasWeight: BigInt(String(weight)) })];
    const first = env.promise({ receiver: String(receiver), actions });
    if (after === true) env.promise({ receiver: env.current, after: [first], actions: [promiseCall("sink")] });
    if (panic === true) throw new ContractPanic("as asked");
    return { promise: first };
  },
  sink: () => ({ value: bytes("42") }),
  yield_and_wake(env, { wake }) {
    const { promise, dataId } = env.yieldCreate({ method: "sink", args: bytes("{}"), gas: 10n * tera, gasWeight: 1n });
    if (wake === true) env.yieldResume(dataId, bytes("x"));
    return { promise };
  },
});

const amount = fc.bigInt({ min: 0n, max: 2n * near });
const target = fc.constantFrom(...accounts, "nobody.near", "ab".repeat(32));
const action: fc.Arbitrary<Action> = fc.oneof(
  amount.map(transferAction),
  fc
    .record({
      receiver: target,
      amount: amount.map(String),
      panic: fc.boolean(),
      after: fc.boolean(),
      weight: fc.nat(2),
    })
    .chain((args) => fc.record({ args: fc.constant(args), gas: fc.integer({ min: 1, max: 200 }), deposit: amount }))
    .map(({ args, gas, deposit }) => callAction("spread", args, BigInt(gas) * tera, deposit)),
  fc.record({ wake: fc.boolean() }).map((args) => callAction("yield_and_wake", args, 100n * tera)),
  fc.constant(callAction("missing", {}, 10n * tera, 5n)),
);
const step = fc.record({
  signer: fc.constantFrom(...accounts),
  receiver: target,
  actions: fc.array(action, { minLength: 1, maxLength: 3 }),
  mine: fc.boolean(),
});

/** All NEAR there is: on accounts, burnt, and under way in receipts. */
function total(chain: Chain): bigint {
  const state = chain.view().state();
  const ids = [...accounts, "ab".repeat(32)];
  let sum = state.burnt() + ids.reduce((so, id) => so + (state.account(id)?.amount ?? 0n), 0n);
  for (const receipt of chain.view().waitingReceipts()) {
    sum += totalDeposit(receipt.actions) + receiptGas(receipt.actions) * receipt.gasPrice;
  }
  return sum;
}

describe("the sum of all NEAR", () => {
  it("stays the same in every block: on accounts, burnt, or under way in receipts", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const chain = chainWith(accounts);
        for (const id of accounts) deployContract(chain, id, spender);
        const before = total(chain);
        for (const { signer, receiver, actions, mine } of steps) {
          const nonce = (chain.view().state().accessKey(signer, publicKeyOf(signer))?.nonce ?? 0n) + 1n;
          chain.pool.add(transaction(chain, signer, receiver, actions, { nonce }));
          if (mine) assert.equal(total(mined(chain)), before);
        }
        settle(chain);
        assert.equal(total(chain), before);
        // Every yield that nobody resumed times out, and gives its gas back.
        for (let blocks = 0; blocks < 210; blocks += 1) chain.mine();
        assert.equal(total(chain), before);
        assert.deepEqual(chain.view().waitingReceipts(), []);
      }),
      { numRuns: 60 },
    );
  });
});

function mined(chain: Chain): Chain {
  chain.mine();
  return chain;
}

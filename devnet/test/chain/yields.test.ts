import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Chain, ChainOptions } from "../../src/chain/chain.ts";
import {
  bytes,
  callAction,
  chainWith,
  deployContract,
  json,
  mine,
  outcomes,
  receiptOutcome,
  settle,
  submit,
  tera,
  testContract,
  text,
} from "./support.ts";

const yielder = testContract({
  wait(env) {
    const { promise, dataId } = env.yieldCreate({ method: "woken", args: bytes("{}"), gas: 20n * tera, gasWeight: 0n });
    env.storage.set("data", dataId);
    return { promise };
  },
  wake: (env, { payload }) => json(env.yieldResume(env.storage.get<string>("data") ?? "", bytes(String(payload)))),
  woken: (env) => {
    const [result] = env.promiseResults;
    env.log(`woken ${result === null || result === undefined ? result : text(result)}`);
    return json("done");
  },
  wait_and_wake(env) {
    const { promise, dataId } = env.yieldCreate({ method: "woken", args: bytes("{}"), gas: 20n * tera, gasWeight: 0n });
    env.yieldResume(dataId, bytes("at once"));
    return { promise };
  },
});

function waiting(options: Partial<ChainOptions> = {}): { chain: Chain; hash: string; submitted: bigint } {
  const chain = chainWith(["alice.near", "yielder.near", "other.near"], options);
  deployContract(chain, "yielder.near", yielder);
  deployContract(chain, "other.near", yielder);
  const hash = submit(chain, "alice.near", "yielder.near", [callAction("wait", {}, 100n * tera)]);
  settle(chain);
  return { chain, hash, submitted: receiptOutcome(chain, hash).height };
}

function wake(chain: Chain, payload: string, receiver = "yielder.near"): string {
  return submit(chain, "alice.near", receiver, [callAction("wake", { payload })]);
}

function answerOf(chain: Chain, hash: string): unknown {
  const { status } = receiptOutcome(chain, hash);
  return status.kind === "value" ? JSON.parse(text(status.value)) : status;
}

function wokenBy(chain: Chain, hash: string): [log: string | undefined, height: bigint | undefined] {
  const woken = outcomes(chain, hash).find(({ logs }) => logs.some((line) => line.startsWith("woken")));
  return [woken?.logs[0], woken?.height];
}

describe("yielded callbacks", () => {
  it("run one block after the receipt that resumes them, in the transaction that yielded", () => {
    const { chain, hash } = waiting();
    const resume = wake(chain, "hello");
    settle(chain);
    assert.equal(answerOf(chain, resume), true);
    assert.deepEqual(wokenBy(chain, hash), ["woken hello", receiptOutcome(chain, resume).height + 1n]);
  });

  it("fail 200 blocks after the receipt that yielded, and run one block later", () => {
    const { chain, hash, submitted } = waiting();
    mine(chain, Number(submitted + 200n - chain.head.height));
    assert.deepEqual(wokenBy(chain, hash), [undefined, undefined]);
    chain.mine();
    assert.deepEqual(wokenBy(chain, hash), ["woken null", submitted + 201n]);
    const late = wake(chain, "late");
    settle(chain);
    assert.equal(answerOf(chain, late), false);
  });

  for (const [timeoutWins, log] of [
    [true, "woken null"],
    [false, "woken just in time"],
  ] as const) {
    it(`resumed in the block of their timeout: the ${timeoutWins ? "timeout" : "resume"} wins by rule`, () => {
      const { chain, hash, submitted } = waiting({ rules: { timeoutWins } });
      mine(chain, Number(submitted + 198n - chain.head.height));
      const resume = wake(chain, "just in time");
      settle(chain);
      assert.equal(receiptOutcome(chain, resume).height, submitted + 200n);
      assert.equal(answerOf(chain, resume), true);
      assert.deepEqual(wokenBy(chain, hash), [log, submitted + 201n]);
    });
  }

  it("time out although the chunk of that very block is missing", () => {
    const { chain, hash, submitted } = waiting();
    mine(chain, Number(submitted + 199n - chain.head.height));
    chain.mine({ hasChunk: false });
    mine(chain, 2);
    assert.deepEqual(wokenBy(chain, hash), ["woken null", submitted + 202n]);
  });

  it("see the first of two resumes", () => {
    const { chain, hash } = waiting();
    const [first, second] = [
      wake(chain, "first"),
      submit(chain, "yielder.near", "yielder.near", [callAction("wake", { payload: "second" })]),
    ];
    settle(chain);
    assert.deepEqual([answerOf(chain, first), answerOf(chain, second)], [true, true]);
    assert.equal(wokenBy(chain, hash)[0], "woken first");
  });

  it("are resumed by their own contract only", () => {
    const { chain } = waiting();
    chain.intervene((state) => state.store("other.near", "data", state.stored("yielder.near", "data")));
    const resume = wake(chain, "mine", "other.near");
    settle(chain);
    assert.equal(answerOf(chain, resume), false);
  });

  it("may be resumed by the very call that yielded", () => {
    const { chain } = waiting();
    const hash = submit(chain, "alice.near", "yielder.near", [callAction("wait_and_wake", {}, 100n * tera)]);
    settle(chain);
    assert.deepEqual(wokenBy(chain, hash), ["woken at once", receiptOutcome(chain, hash).height + 1n]);
  });
});

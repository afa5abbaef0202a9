import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Chain } from "../../src/chain/chain.ts";
import type { PromiseSpec } from "../../src/contract.ts";
import {
  callAction,
  chainWith,
  counter,
  deployContract,
  failureOf,
  json,
  mine,
  near,
  outcomes,
  promiseCall,
  receiptOutcome,
  settle,
  submit,
  tera,
  testContract,
  text,
} from "./support.ts";

/** Calls others as its arguments say: `first` each, then `then` after all of them. */
const caller = testContract({
  fan(env, { methods, receiver, gas }) {
    const calls = (methods as string[]).map((method) =>
      env.promise({
        receiver: String(receiver),
        actions: [promiseCall(method, { gas: BigInt(String(gas ?? 5n * tera)) })],
      }),
    );
    return {
      promise: env.promise({ receiver: env.current, after: calls, actions: [promiseCall("see")] }),
    };
  },
  see: (env) => json(env.promiseResults.map((result) => (result === null ? null : text(result)))),
  pass(env, { receiver, method }) {
    return { promise: env.promise({ receiver: String(receiver), actions: [promiseCall(String(method))] }) };
  },
  pass_twice(env, { receiver, method }) {
    const args = { receiver, method };
    const passed = env.promise({ receiver: env.current, actions: [promiseCall("pass", { args, gas: 40n * tera })] });
    return { promise: env.promise({ receiver: env.current, after: [passed], actions: [promiseCall("see")] }) };
  },
  pay(env, { receiver, amount, method, gas }) {
    const deposit = BigInt(String(amount));
    const actions: PromiseSpec["actions"] =
      method === undefined
        ? [{ kind: "transfer", deposit }]
        : [promiseCall(String(method), { deposit, gas: BigInt(String(gas ?? 5n * tera)) })];
    env.promise({ receiver: String(receiver), actions });
    return undefined;
  },
  share(env, { weights }) {
    for (const weight of weights as number[]) {
      env.promise({ receiver: env.current, actions: [promiseCall("gas", { gas: tera, gasWeight: BigInt(weight) })] });
    }
    return undefined;
  },
  gas: (env) => json(`${env.prepaidGas}`),
  who: (env) => json([env.predecessor, env.signer, `${env.deposit}`]),
  burn(env, { units }) {
    env.useGas(BigInt(String(units)));
    return undefined;
  },
  swallow(env) {
    try {
      env.useGas(1_000n * tera);
    } catch {
      env.storage.set("swallowed", true);
    }
    return undefined;
  },
});

function chainOfContracts(): Chain {
  const chain = chainWith(["alice.near", "caller.near", "counter.near"]);
  deployContract(chain, "caller.near", caller);
  deployContract(chain, "counter.near", counter);
  return chain;
}

function call(chain: Chain, method: string, args: unknown = {}, gas = 200n * tera, deposit = 0n): string {
  const hash = submit(chain, "alice.near", "caller.near", [callAction(method, args, gas, deposit)]);
  settle(chain);
  return hash;
}

/** The value that a transaction came to, through all promises that stood in for it. */
function answerOf(chain: Chain, hash: string): unknown {
  const state = chain.view().state();
  let outcome = state.outcome(hash);
  while (outcome?.status.kind === "receipt") outcome = state.outcome(outcome.status.id);
  return outcome?.status.kind === "value" ? JSON.parse(text(outcome.status.value) || "null") : outcome?.status;
}

describe("receipts", () => {
  it("run one block after what made them, a callback one block after all it waits for", () => {
    const chain = chainOfContracts();
    const hash = call(chain, "fan", { receiver: "counter.near", methods: ["count", "count_and_panic", "value"] });
    const [, fan, callback, first, second, third] = outcomes(chain, hash);
    assert.ok(fan && callback && first && second && third);
    const ran = outcomes(chain, hash).map(({ executor, height }) => `${executor} +${height - fan.height}`);
    assert.deepEqual(ran, [
      "alice.near +-1",
      "caller.near +0",
      "counter.near +1",
      "alice.near +2",
      "counter.near +1",
      "alice.near +2",
      "counter.near +1",
      "alice.near +2",
      "caller.near +2",
      "alice.near +3",
      "alice.near +1",
    ]);
    assert.deepEqual(answerOf(chain, hash), ["1", null, "1"]);
  });

  it("that return a promise answer once that promise has its value", () => {
    const chain = chainOfContracts();
    const hash = call(chain, "pass_twice", { receiver: "counter.near", method: "count" });
    assert.deepEqual(answerOf(chain, hash), ["1"]);
    const callback = outcomes(chain, hash).at(-3);
    const [, first] = outcomes(chain, hash);
    assert.equal((callback?.height ?? 0n) - (first?.height ?? 0n), 3n);
  });

  it("that fail lose their state and promises, but not their logs", () => {
    const chain = chainOfContracts();
    const hash = submit(chain, "alice.near", "counter.near", [callAction("count_and_panic")]);
    settle(chain);
    const outcome = receiptOutcome(chain, hash);
    assert.deepEqual(failureOf(outcome), {
      FunctionCallError: { ExecutionError: "Smart contract panicked: as asked" },
    });
    assert.deepEqual(outcome.logs, ["about to panic"]);
    assert.equal(chain.view().state().stored("counter.near", "value"), undefined);
    assert.deepEqual(
      outcomes(chain, hash).map(({ executor }) => executor),
      ["alice.near", "counter.near", "alice.near"],
    );
  });

  it("undo their earlier actions when a later one fails", () => {
    const chain = chainOfContracts();
    const hash = submit(chain, "alice.near", "counter.near", [callAction("count"), callAction("missing")]);
    settle(chain);
    const outcome = receiptOutcome(chain, hash);
    assert.deepEqual(failureOf(outcome), { FunctionCallError: { MethodResolveError: "MethodNotFound" } });
    assert.equal(
      outcome.status.kind === "failure" &&
        "ActionError" in outcome.status.error &&
        outcome.status.error.ActionError.index,
      1,
    );
    assert.equal(chain.view().state().stored("counter.near", "value"), undefined);
  });

  it("fail on an account without code, and on none at all", () => {
    const chain = chainOfContracts();
    const failures = ["alice.near", "nobody.near"].map((receiver) => {
      const hash = submit(chain, "alice.near", receiver, [callAction("any")]);
      settle(chain);
      return failureOf(receiptOutcome(chain, hash));
    });
    assert.deepEqual(failures, [
      { FunctionCallError: { CompilationError: { CodeDoesNotExist: { account_id: "alice.near" } } } },
      { AccountDoesNotExist: { account_id: "nobody.near" } },
    ]);
  });

  it("see the contract as predecessor and the first signer as signer", () => {
    const chain = chainOfContracts();
    const hash = call(chain, "pass", { receiver: "caller.near", method: "who" });
    assert.deepEqual(answerOf(chain, hash), ["caller.near", "alice.near", "0"]);
  });

  it("cannot promise more gas than is left", () => {
    const chain = chainOfContracts();
    const hash = call(chain, "fan", { receiver: "counter.near", methods: ["count"], gas: `${300n * tera}` });
    assert.deepEqual(failureOf(receiptOutcome(chain, hash)), {
      FunctionCallError: { ExecutionError: "Exceeded the prepaid gas." },
    });
  });

  it("fail where the contract hides a refusal of the host", () => {
    const chain = chainOfContracts();
    const hash = call(chain, "swallow");
    assert.deepEqual(failureOf(receiptOutcome(chain, hash)), {
      FunctionCallError: { ExecutionError: "Exceeded the prepaid gas." },
    });
  });

  it("may not burn more than 300 Tgas by themselves", () => {
    const chain = chainOfContracts();
    const hash = call(chain, "burn", { units: `${301n * tera}` }, 400n * tera);
    assert.deepEqual(failureOf(receiptOutcome(chain, hash)), {
      FunctionCallError: { ExecutionError: "Exceeded the maximum amount of gas allowed to burn per contract." },
    });
  });

  it("cannot promise more money than the account has", () => {
    const chain = chainOfContracts();
    const hash = call(chain, "pay", { receiver: "alice.near", amount: `${101n * near}` }, 50n * tera, near / 2n);
    assert.deepEqual(failureOf(receiptOutcome(chain, hash)), {
      FunctionCallError: { ExecutionError: "Exceeded the account balance." },
    });
    assert.equal(chain.view().state().account("caller.near")?.amount, 100n * near);
  });

  it("of a failed promise give their deposit back to the contract that made it", () => {
    const chain = chainOfContracts();
    call(chain, "pay", { receiver: "counter.near", amount: `${near}`, method: "count_and_panic" });
    assert.equal(chain.view().state().account("caller.near")?.amount, 100n * near);
    call(chain, "pay", { receiver: "counter.near", amount: `${near}`, method: "keep" });
    assert.equal(chain.view().state().account("caller.near")?.amount, 99n * near);
  });

  it("are refused when they are made, for no gas or too long a method name", () => {
    const chain = chainOfContracts();
    const failure = (args: unknown) => failureOf(receiptOutcome(chain, call(chain, "pay", args)));
    const base = { receiver: "counter.near", amount: "0" };
    assert.deepEqual(failure({ ...base, method: "count", gas: "0" }), {
      NewReceiptValidationError: { ActionsValidation: "FunctionCallZeroAttachedGas" },
    });
    assert.deepEqual(failure({ ...base, method: "m".repeat(257) }), {
      NewReceiptValidationError: {
        ActionsValidation: { FunctionCallMethodNameLengthExceeded: { length: 257, limit: 256 } },
      },
    });
    assert.deepEqual(failure({ ...base, method: "" }), {
      FunctionCallError: {
        ExecutionError:
          "Smart contract panicked: called `Result::unwrap()` on an `Err` value: HostError(EmptyMethodName)",
      },
    });
  });

  it("share the gas left over by their weights", () => {
    const chain = chainOfContracts();
    const hash = call(chain, "share", { weights: [0, 1, 3] }, 100n * tera);
    const gas = outcomes(chain, hash)
      .filter(
        ({ executor, status }) => executor === "caller.near" && status.kind === "value" && status.value.length > 0,
      )
      .map(({ status }) => (status.kind === "value" ? BigInt(JSON.parse(text(status.value))) : 0n));
    const [none = 0n, one = 0n, three = 0n] = gas;
    assert.equal(none, tera);
    assert.ok(one > 20n * tera);
    const [shareOfOne, shareOfThree] = [one - tera, three - tera];
    assert.ok(shareOfThree - 3n * shareOfOne < 4n && shareOfThree >= 3n * shareOfOne);
  });

  it("run nothing after the last", () => {
    const chain = chainOfContracts();
    call(chain, "fan", { receiver: "counter.near", methods: ["count"] });
    mine(chain, 3);
    assert.equal(chain.head.next.length, 0);
  });
});

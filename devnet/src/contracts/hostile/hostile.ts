import type { Contract, Env } from "../../contract.ts";
import { codeHashOf } from "../sdk/code-hash.ts";
import { unexpected } from "../sdk/decode-error.ts";
import { type Decoder, object } from "../sdk/decoder.ts";
import { jsonBytes } from "../sdk/json.ts";
import { change, contractOf, json, nothing, promised, view } from "../sdk/method.ts";
import { panic } from "../sdk/panic.ts";
import { promiseCall, TGAS } from "../sdk/promises.ts";

const count: Decoder<number> = {
  decode: (value) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : unexpected(value, "u32"),
};
const text: Decoder<string> = {
  decode: (value) => (typeof value === "string" ? value : unexpected(value, "string")),
};

/** Where the yield that is to be woken next is kept. */
const open = "open";

/** Waits for `wake`, or for 200 blocks; then as often again as there are rounds. */
function waitFor(env: Env, rounds: number) {
  const { promise, dataId } = env.yieldCreate({ method: "woken", args: jsonBytes({ rounds }), gas: 0n, gasWeight: 1n });
  env.storage.set(open, dataId);
  return promised(promise);
}

/** @returns the promise of an answer so many blocks from now */
function later(env: Env, blocks: number) {
  return promised(promiseCall(env, env.current, { method: "answer_late", args: { blocks } }));
}

/**
 * A contract that harms its callers and the readers of its receipts. Views: `huge {bytes}` answers a text of that length,
 * `deep {levels}` nested lists, `wordy {bytes}` panics at length. Changes: `return_huge {bytes}`, `log_huge {lines, bytes}`,
 * `panic_huge {bytes}`, `waste`, which burns 100 Tgas, `call_back {receiver, method, args}`, whose result is another call's, and
 * `hold {}`, which answers once its gas is used up: every 200 blocks it puts its answer off again. `on_auth`, which the verifier
 * calls, does the same. `burn_all` burns whatever gas it has. By a promise answer `answer_late {blocks}`, so many blocks later,
 * `answer_by_yield {rounds}`, once it was woken by `wake` or after 200 blocks for each round, `call_back_late {receiver, method, args,
 * blocks}`, late and after calling somebody else, and `move_and_fail {receiver}`, with a failure after it has sent a yocto.
 * A late or missing answer is made by a fault of `query:call_function:<method>@hostile.near`.
 */
export function createHostile(): Contract {
  const ofBytes = object({ bytes: count });
  const hold = change({ gas: TGAS, payable: true }, object({}), (env) => {
    const { promise } = env.yieldCreate({ method: "hold", args: jsonBytes({}), gas: TGAS, gasWeight: 1n });
    return promised(promise);
  });
  return contractOf(codeHashOf("hostile"), {
    huge: view(ofBytes, (_env, { bytes }) => "x".repeat(bytes)),
    deep: view(object({ levels: count }), (_env, { levels }) => {
      let value: unknown = 0;
      for (let level = 0; level < levels; level += 1) value = [value];
      return value;
    }),
    wordy: view(ofBytes, (_env, { bytes }) => panic("x".repeat(bytes))),
    return_huge: change({ gas: TGAS }, ofBytes, (_env, { bytes }) => json("x".repeat(bytes))),
    log_huge: change({ gas: TGAS }, object({ lines: count, bytes: count }), (env, { lines, bytes }) => {
      for (let line = 0; line < lines; line += 1) env.log("x".repeat(bytes));
      return nothing();
    }),
    panic_huge: change({ gas: TGAS }, ofBytes, (_env, { bytes }) => panic("x".repeat(bytes))),
    burn_all: change({ gas: TGAS }, object({}), (env) => {
      env.useGas(env.prepaidGas);
      return nothing();
    }),
    answer_late: change({ gas: 0n }, object({ blocks: count }), (env, { blocks }) =>
      blocks === 0 ? json("late") : later(env, blocks - 1),
    ),
    answer_by_yield: change({ gas: TGAS }, object({ rounds: count }), (env, { rounds }) => waitFor(env, rounds)),
    woken: change({ gas: TGAS, private: true }, object({ rounds: count }), (env, { rounds }) =>
      rounds === 0 ? json("woken") : waitFor(env, rounds - 1),
    ),
    wake: change({ gas: TGAS }, object({}), (env) =>
      json(env.yieldResume(env.storage.get(open) ?? "", jsonBytes("woken"))),
    ),
    call_back_late: change(
      { gas: TGAS },
      object({ receiver: text, method: text, args: text, blocks: count }),
      (env, { receiver, method, args, blocks }) => {
        promiseCall(env, receiver, { method, args: JSON.parse(args), gas: 10n * TGAS, gasWeight: 0n });
        return later(env, blocks);
      },
    ),
    move_and_fail: change({ gas: TGAS }, object({ receiver: text }), (env, { receiver }) => {
      const moved = env.promise({ receiver, actions: [{ kind: "transfer", deposit: 1n }] });
      return promised(promiseCall(env, env.current, { method: "panic_huge", args: { bytes: 10 } }, moved));
    }),
    waste: change({ gas: 100n * TGAS }, object({}), () => nothing()),
    hold,
    on_auth: hold,
    call_back: change({ gas: TGAS }, object({ receiver: text, method: text, args: text }), (env, call) =>
      promised(promiseCall(env, call.receiver, { method: call.method, args: JSON.parse(call.args) })),
    ),
  });
}

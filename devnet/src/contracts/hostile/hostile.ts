import type { Contract } from "../../contract.ts";
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

/**
 * A contract that harms its callers and the readers of its receipts. Views: `huge {bytes}` answers a text of that length,
 * `deep {levels}` nested lists, `wordy {bytes}` panics at length. Changes: `return_huge {bytes}`, `log_huge {lines, bytes}`,
 * `panic_huge {bytes}`, `waste`, which burns 100 Tgas, `call_back {receiver, method, args}`, whose result is another call's, and
 * `hold {}`, which answers once its gas is used up: every 200 blocks it puts its answer off again. `on_auth`, which the verifier
 * calls, does the same.
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
    waste: change({ gas: 100n * TGAS }, object({}), () => nothing()),
    hold,
    on_auth: hold,
    call_back: change({ gas: TGAS }, object({ receiver: text, method: text, args: text }), (env, call) =>
      promised(promiseCall(env, call.receiver, { method: call.method, args: JSON.parse(call.args) })),
    ),
  });
}

import type { Contract } from "../../contract.ts";
import { codeHashOf } from "../sdk/code-hash.ts";
import { unexpected } from "../sdk/decode-error.ts";
import { type Decoder, object } from "../sdk/decoder.ts";
import { change, contractOf, noArguments, nothing, view } from "../sdk/method.ts";
import { TGAS } from "../sdk/promises.ts";

const LOG = "log";

const wholeNumber: Decoder<number> = {
  decode: (value) => (typeof value === "number" && Number.isSafeInteger(value) ? value : unexpected(value, "i64")),
};

/**
 * Shows the order in which calls arrived: `set {value: number}` appends to a log and logs
 * `register:set:<value>:by:<caller>`; `get {}` answers the log, an array of numbers.
 */
export function createRegister(): Contract {
  return contractOf(codeHashOf("register"), {
    set: change({ gas: TGAS }, object({ value: wholeNumber }), (env, { value }) => {
      env.storage.set(LOG, [...(env.storage.get<readonly number[]>(LOG) ?? []), value]);
      env.log(`register:set:${value}:by:${env.predecessor}`);
      return nothing();
    }),
    get: view(noArguments, (env) => env.storage.get<readonly number[]>(LOG) ?? []),
  });
}

import type { Contract } from "../../contract.ts";
import { codeHashOf } from "../sdk/code-hash.ts";
import { change, contractOf, json, noArguments, view } from "../sdk/method.ts";
import { TGAS } from "../sdk/promises.ts";

const COUNT = "count";

/** `increase {}` counts up by one and answers the new count, `get_count {}` the count: JSON numbers. */
export function createCounter(): Contract {
  return contractOf(codeHashOf("counter"), {
    increase: change({ gas: TGAS }, noArguments, (env) => {
      const count = (env.storage.get<number>(COUNT) ?? 0) + 1;
      env.storage.set(COUNT, count);
      env.log(`Increased number to ${count}`);
      return json(count);
    }),
    get_count: view(noArguments, (env) => env.storage.get<number>(COUNT) ?? 0),
  });
}

import { type Contract, ContractPanic, type Env, type Returned } from "../../../src/contract.ts";

/** A contract that answers any method with what `answer` makes of it; nothing, if not given. */
export function stubContract(
  answer: (method: string, args: Uint8Array, env: Env) => Returned = () => ({ value: new Uint8Array() }),
): Contract {
  return { codeHash: "11111111111111111111111111111111", call: (env, method, args) => answer(method, args, env) };
}

/** A contract that panics whatever is called. */
export function failingContract(message: string): Contract {
  return stubContract(() => {
    throw new ContractPanic(message);
  });
}

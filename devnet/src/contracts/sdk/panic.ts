import { ContractPanic } from "../../contract.ts";

/** Ends the call with the contract's own text. */
export function panic(message: string): never {
  throw new ContractPanic(message);
}

/** near-sdk's `require!`: panics with the text unless the condition holds. */
export function require(condition: boolean, message: string): asserts condition {
  if (!condition) panic(message);
}

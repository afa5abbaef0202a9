import { type Contract, type Env, HostFailure } from "../contract.ts";
import { callError, missingCode } from "./apply-call.ts";
import { type Block, randomSeedOf } from "./block.ts";
import type { FunctionCallError } from "./errors.ts";
import { maxGasBurnt } from "./fees.ts";
import { noCode, type StateView, scratchStorage } from "./state.ts";

/** Bytes that a call may return. */
const maxReturned = 4_194_304;

/** A view call failed. */
export class ViewCallError extends Error {
  override readonly name = "ViewCallError";
  readonly error: FunctionCallError;

  constructor(error: FunctionCallError, cause?: unknown) {
    super("view call failed", { cause });
    this.error = error;
  }
}

export interface ViewAnswer {
  readonly value: Uint8Array;
  readonly logs: readonly string[];
}

/**
 * Runs a method that only reads, on the state after a block, within nearcore's limits of gas and of the answer's length.
 * @throws ViewCallError
 */
export function callView(state: StateView, block: Block, id: string, method: string, args: Uint8Array): ViewAnswer {
  const account = state.account(id);
  const contract = state.contract(id);
  if (account === undefined || contract === undefined) {
    throw new ViewCallError(missingCode(id, account?.codeHash ?? noCode));
  }
  const logs: string[] = [];
  let gasBurnt = 0n;
  const env: Env = {
    storage: scratchStorage(state, id),
    current: id,
    predecessor: id,
    signer: id,
    signerPublicKey: state.publicKeys(id)[0] ?? "ed25519:11111111111111111111111111111111",
    deposit: 0n,
    prepaidGas: maxGasBurnt,
    height: block.height,
    timestampNs: block.timestampNs,
    balance: account.amount,
    promiseResults: [],
    randomSeed: randomSeedOf(block),
    log: (line) => {
      logs.push(line);
    },
    useGas(units) {
      gasBurnt += units;
      if (gasBurnt > maxGasBurnt) throw new HostFailure("Exceeded the prepaid gas.");
    },
    promise: () => prohibited("promise_batch_create"),
    yieldCreate: () => prohibited("promise_yield_create"),
    yieldResume: () => prohibited("promise_yield_resume"),
  };
  const value = run(contract, env, method, args);
  if (value.length > maxReturned) {
    throw new ViewCallError({
      ExecutionError: `The length of a returned value ${value.length} exceeds the limit ${maxReturned}`,
    });
  }
  return { value, logs };
}

function run(contract: Contract, env: Env, method: string, args: Uint8Array): Uint8Array {
  try {
    const returned = contract.call(env, method, args);
    return "value" in returned ? returned.value : new Uint8Array();
  } catch (error) {
    throw new ViewCallError(callError(error), error);
  }
}

function prohibited(hostFunction: string): never {
  throw new HostFailure(`${hostFunction} is not allowed in view calls`);
}

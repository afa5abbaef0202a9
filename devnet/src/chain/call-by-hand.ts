import { ContractPanic, type Env, HostFailure } from "../contract.ts";
import { type Block, randomSeedOf } from "./block.ts";
import { maxGasBurnt } from "./fees.ts";
import { emptyKey } from "./refunds.ts";
import { contractStorage, type State } from "./state.ts";

export interface HandCall {
  /** The apparent predecessor and signer. */
  readonly as: string;
  readonly receiver: string;
  readonly method: string;
  readonly args: unknown;
  readonly deposit?: bigint;
}

/**
 * Calls a contract in an intervention, without transaction, gas or charge. For methods that change only the contract's own state.
 * @returns the method's result, from JSON
 * @throws ContractPanic; HostFailure where it asks for a promise or a yield
 */
export function callByHand(
  state: State,
  block: Block,
  { as, receiver, method, args, deposit = 0n }: HandCall,
): unknown {
  const contract = state.contract(receiver);
  if (contract === undefined) throw new ContractPanic(`${receiver} has no contract`);
  const env: Env = {
    storage: contractStorage(state, receiver),
    current: receiver,
    predecessor: as,
    signer: as,
    signerPublicKey: emptyKey,
    deposit,
    prepaidGas: maxGasBurnt,
    height: block.height,
    timestampNs: block.timestampNs,
    balance: state.account(receiver)?.amount ?? 0n,
    promiseResults: [],
    randomSeed: randomSeedOf(block),
    log: () => {},
    useGas: () => {},
    promise: () => onlyOwnState(),
    yieldCreate: () => onlyOwnState(),
    yieldResume: () => onlyOwnState(),
  };
  const returned = contract.call(env, method, Buffer.from(JSON.stringify(args)));
  if (!("value" in returned) || returned.value.length === 0) return undefined;
  return JSON.parse(Buffer.from(returned.value).toString());
}

function onlyOwnState(): never {
  throw new HostFailure("a call by hand makes no promises");
}

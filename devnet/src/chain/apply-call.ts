import { ContractPanic, HostFailure, MethodNotFound, type PromiseIndex } from "../contract.ts";
import { CallHost, type DraftReceipt, type DraftResume } from "./call-host.ts";
import { ActionFailure, type FunctionCallError } from "./errors.ts";
import { fees, sendFee } from "./fees.ts";
import type { ReceiptContext } from "./receipt-context.ts";
import { contractStorage, noCode } from "./state.ts";
import type { CallAction } from "./types.ts";

/** The effects of a call; gas and logs count even where `failure` is set. */
export interface CallEffects {
  readonly gasBurnt: bigint;
  readonly gasUsed: bigint;
  readonly logs: readonly string[];
  readonly drafts: readonly DraftReceipt[];
  readonly resumes: readonly DraftResume[];
  readonly returned: { readonly value: Uint8Array } | { readonly promise: PromiseIndex };
  readonly failure?: ActionFailure;
}

const nothing = new Uint8Array();

/** Runs one FunctionCall action on the receiver's contract. Its deposit is already on the account. */
export function applyCall(context: ReceiptContext, action: CallAction): CallEffects {
  const { state, receipt } = context;
  const account = state.account(receipt.receiver);
  const contract = state.contract(receipt.receiver);
  if (account === undefined) throw new Error(`no account ${receipt.receiver}`);
  if (contract === undefined) return failed(missingCode(receipt.receiver, account.codeHash), 0n, []);
  const host = new CallHost({
    receipt,
    deposit: action.deposit,
    prepaidGas: action.gas,
    height: context.block.height,
    timestampNs: context.block.timestampNs,
    balance: account.amount,
    promiseResults: context.promiseResults,
    randomSeed: context.block.randomSeed,
    storage: contractStorage(state, receipt.receiver),
    newDataId: () => context.newDataId(),
    hasYield: (dataId) => state.pendingYield(dataId)?.receipt.receiver === receipt.receiver,
  });
  try {
    const returned = contract.call(host, action.methodName, action.args);
    if (host.failure !== undefined) throw host.failure;
    if ("value" in returned) payForData(host, context, returned.value);
    host.distributeGas();
    state.setAccount(receipt.receiver, { ...account, amount: host.balance });
    const { gasBurnt, gasUsed, logs, drafts, resumes } = host;
    return { gasBurnt, gasUsed, logs, drafts, resumes, returned };
  } catch (error) {
    return failed(callError(host.failure ?? error), host.gasBurnt, host.logs);
  }
}

/** nearcore's error for an exception of a contract or its host. */
export function callError(error: unknown): FunctionCallError {
  if (error instanceof ContractPanic) return { ExecutionError: `Smart contract panicked: ${error.message}` };
  if (error instanceof HostFailure) return { ExecutionError: error.message };
  if (error instanceof MethodNotFound) return { MethodResolveError: "MethodNotFound" };
  // A bug in the devnet's own contract: reported to the caller, instead of ending block production.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ExecutionError: `devnet contract fault: ${text}` };
}

/** Why an account's code cannot be called. */
export function missingCode(account: string, codeHash: string): FunctionCallError {
  const hasNone = codeHash === noCode;
  return {
    CompilationError: hasNone ? { CodeDoesNotExist: { account_id: account } } : { PrepareError: "Deserialization" },
  };
}

function payForData(host: CallHost, context: ReceiptContext, value: Uint8Array): void {
  const { dataReceiptByte } = fees;
  for (const { receiver } of context.receipt.outputs) {
    const perByte = sendFee(dataReceiptByte, receiver === context.receipt.receiver) + dataReceiptByte.execution;
    host.useGas(perByte * BigInt(value.length));
  }
}

function failed(error: FunctionCallError, gasBurnt: bigint, logs: readonly string[]): CallEffects {
  const failure = new ActionFailure({ FunctionCallError: error });
  return { gasBurnt, gasUsed: gasBurnt, logs, drafts: [], resumes: [], returned: { value: nothing }, failure };
}

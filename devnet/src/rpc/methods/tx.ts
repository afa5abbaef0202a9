import { accountParam, badParams, namedParams, type Params, textParam } from "../params.ts";
import type { RpcCall, RpcMethod } from "../rpc-call.ts";
import { handlerError } from "../rpc-error.ts";
import { readTransactionParam } from "../transaction-param.ts";
import { executionStatuses, isAtLeast, type TxExecutionStatus, txStatus, txStatusShape } from "../tx-status.ts";

/** `tx`: a transaction's outcome so far, once it has reached `wait_until`. */
export const tx: RpcMethod = (call, params) => status(call, params, false);

/** `EXPERIMENTAL_tx_status`: the same with all receipts. */
export const txStatusWithReceipts: RpcMethod = (call, params) => status(call, params, true);

function status(call: RpcCall, given: unknown, withReceipts: boolean): Promise<unknown> {
  const params = namedParams(given, "tx_hash", "sender_account_id");
  return awaitStatus(call, transactionOf(params), waitUntilParam(params), withReceipts);
}

interface Asked {
  readonly hash: string;
  readonly signer: string;
}

/** @throws RpcError `UNKNOWN_TRANSACTION`, `TIMEOUT_ERROR`, `DOES_NOT_TRACK_SHARD` */
export async function awaitStatus(
  call: RpcCall,
  { hash, signer }: Asked,
  waitUntil: TxExecutionStatus,
  withReceipts: boolean,
): Promise<unknown> {
  if (!call.shards.includes(signer)) {
    if (call.shards.isTold) throw handlerError("DOES_NOT_TRACK_SHARD", undefined, "Node doesn't track this shard");
    return { final_execution_status: "NONE" };
  }
  const find = () => {
    const found = txStatus(call.view(), hash, call.shards);
    return found === undefined || call.hides(found) ? undefined : found;
  };
  const reached = () => {
    const found = find();
    return found !== undefined && isAtLeast(found.reached, waitUntil) ? found : undefined;
  };
  const found = waitUntil === "NONE" ? find() : await call.poll(reached);
  if (found !== undefined) return txStatusShape(call.view(), found, withReceipts);
  if (find() !== undefined) throw handlerError("TIMEOUT_ERROR", undefined, "Timeout");
  const info = { requested_transaction_hash: hash };
  throw handlerError("UNKNOWN_TRANSACTION", info, `Transaction ${hash} doesn't exist`);
}

/** By default nearcore waits for the optimistic execution. */
export function waitUntilParam(params: Params): TxExecutionStatus {
  const { wait_until: given } = params;
  if (given === undefined) return "EXECUTED_OPTIMISTIC";
  const known = executionStatuses.find((one) => one === given);
  return known ?? badParams(`unknown variant \`${given}\`, expected one of ${executionStatuses.join(", ")}`);
}

function transactionOf(params: Params): Asked {
  if (params.signed_tx_base64 !== undefined) return readTransactionParam(params);
  // Given by position, a lone argument is a signed transaction.
  if (params.sender_account_id === undefined && typeof params.tx_hash === "string") {
    return readTransactionParam({ signed_tx_base64: params.tx_hash });
  }
  const signer = accountParam(params, "sender_account_id");
  return { hash: textParam(params, "tx_hash"), signer };
}

import { InvalidTransaction } from "../../chain/errors.ts";
import type { Transaction } from "../../chain/types.ts";
import { namedParams } from "../params.ts";
import type { RpcCall, RpcMethod } from "../rpc-call.ts";
import { handlerError } from "../rpc-error.ts";
import { readTransactionParam } from "../transaction-param.ts";
import { type TxExecutionStatus, txStatus } from "../tx-status.ts";
import { awaitStatus, waitUntilParam } from "./tx.ts";

/** `send_tx`: sends, and answers once the transaction has reached `wait_until`; with `NONE` at once. */
export const sendTx: RpcMethod = (call, given) => {
  const params = namedParams(given, "signed_tx_base64");
  return send(call, readTransactionParam(params), waitUntilParam(params));
};

/** `broadcast_tx_commit`: `send_tx` that always waits for the optimistic execution. */
export const broadcastTxCommit: RpcMethod = (call, given) =>
  send(call, readTransactionParam(namedParams(given, "signed_tx_base64")), "EXECUTED_OPTIMISTIC");

/** `broadcast_tx_async`: answers the hash, even for an invalid transaction. */
export const broadcastTxAsync: RpcMethod = (call, given) => {
  const transaction = readTransactionParam(namedParams(given, "signed_tx_base64"));
  submitQuietly(call, transaction);
  return transaction.hash;
};

function send(call: RpcCall, transaction: Transaction, waitUntil: TxExecutionStatus): unknown {
  if (waitUntil === "NONE") {
    submitQuietly(call, transaction);
    return { final_execution_status: "NONE" };
  }
  // A transaction that landed before is looked up, not sent: its nonce is used up.
  if (txStatus(call.view(), transaction.hash, call.shards) === undefined) submit(call, transaction);
  return awaitStatus(call, transaction, waitUntil, false);
}

function submit(call: RpcCall, transaction: Transaction): void {
  try {
    call.submit(transaction);
  } catch (error) {
    if (!(error instanceof InvalidTransaction)) throw error;
    throw handlerError("INVALID_TRANSACTION", {}, { TxExecutionError: { InvalidTxError: error.reason } });
  }
}

function submitQuietly(call: RpcCall, transaction: Transaction): void {
  try {
    call.submit(transaction);
  } catch (error) {
    if (!(error instanceof InvalidTransaction)) throw error;
  }
}

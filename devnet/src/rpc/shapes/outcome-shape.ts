import type { ExecutionStatus, Outcome, Transaction } from "../../chain/types.ts";
import { encodeBase64 } from "../../crypto/base64.ts";
import { actionShape } from "./action-shape.ts";

/** nearcore's `ExecutionOutcomeWithIdView`. */
export function outcomeShape(outcome: Outcome): unknown {
  return {
    proof: [],
    block_hash: outcome.blockHash,
    id: outcome.id,
    outcome: {
      logs: outcome.logs,
      receipt_ids: outcome.receiptIds,
      gas_burnt: outcome.gasBurnt,
      tokens_burnt: `${outcome.tokensBurnt}`,
      executor_id: outcome.executor,
      status: statusShape(outcome.status),
      metadata: { version: 3, gas_profile: [] },
    },
  };
}

/** nearcore's `ExecutionStatusView`. */
export function statusShape(status: ExecutionStatus): unknown {
  switch (status.kind) {
    case "failure":
      return { Failure: status.error };
    case "value":
      return { SuccessValue: encodeBase64(status.value) };
    case "receipt":
      return { SuccessReceiptId: status.id };
  }
}

/** nearcore's `SignedTransactionView`. */
export function transactionShape(transaction: Transaction): unknown {
  return {
    signer_id: transaction.signer,
    public_key: transaction.publicKey,
    nonce: transaction.nonce,
    receiver_id: transaction.receiver,
    actions: transaction.actions.map(actionShape),
    priority_fee: 0,
    signature: transaction.signature,
    hash: transaction.hash,
  };
}

import { type TransactionStatus, tokensBurnt } from "../chain/transaction-status.ts";

/** A node's answer about a direct-user transaction. */
export interface CallView {
  /** The signer on the chain. */
  readonly signerId: string;
  readonly result: CallResult;
  /** yoctoNEAR burnt so far. */
  readonly tokensBurnt: bigint;
}

export type CallResult =
  | { readonly kind: "pending" }
  | {
      readonly kind: "success" | "failure";
      /** Empty where the transaction itself failed. */
      readonly receiptId: string;
      /** The block in which the receipt ran. */
      readonly blockHash: string;
      /** Blocks that have to be final before this is evidence. */
      readonly blocks: readonly string[];
      readonly logs: readonly string[];
      /** Empty for a success. */
      readonly error: string;
    };

/** The call's own receipt is the first one; its result may come from receipts that it created. */
export function readCall(status: TransactionStatus): CallView {
  const { transaction } = status;
  return { signerId: transaction.executorId, result: readResult(status), tokensBurnt: tokensBurnt(status) };
}

function readResult({ transaction, receipts }: TransactionStatus): CallResult {
  const { blockHash } = transaction;
  if (transaction.status.kind === "failure") {
    const error = transaction.status.text;
    return { kind: "failure", receiptId: "", blockHash, blocks: [blockHash], logs: [], error };
  }
  const first = transaction.status.kind === "receipt" ? receipts.get(transaction.status.id) : undefined;
  if (first === undefined) return { kind: "pending" };
  const blocks = [blockHash];
  let last: typeof first | undefined = first;
  // A promise may answer with a promise. Each receipt runs once, so the loop ends.
  for (let steps = 0; last !== undefined && steps <= receipts.size; steps += 1) {
    blocks.push(last.blockHash);
    const { status }: typeof first = last;
    const ran = { receiptId: first.id, blockHash: first.blockHash, blocks, logs: first.logs };
    if (status.kind === "value") return { ...ran, kind: "success", error: "" };
    if (status.kind === "failure") return { ...ran, kind: "failure", error: status.text };
    last = status.kind === "receipt" ? receipts.get(status.id) : undefined;
  }
  return { kind: "pending" };
}

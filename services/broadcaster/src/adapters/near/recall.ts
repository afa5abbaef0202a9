import { field, height } from "../../core/chain/json.ts";
import { readTransactionStatus, type TransactionStatus, voidInclusion } from "../../core/chain/transaction-status.ts";
import { type RecallWanted, RpcRefused, RpcUnavailable } from "../../core/ports/near-node.ts";
import type { RpcCall } from "./rpc-client.ts";

/** A node's answer about a transaction. */
export type TransactionAnswer =
  | { readonly kind: "known"; readonly status: TransactionStatus }
  /** `voidIn`: hash of a block that holds the transaction without an effect; undefined where none is known. */
  | { readonly kind: "unknown"; readonly voidIn: string | undefined }
  /** The node says neither that it knows the transaction nor that it does not: it is not on the shard. */
  | { readonly kind: "silent" };

/** Blocks that every node keeps, where a node does not tell: two of the five epochs. */
const surelyKept = 86_400;

/**
 * Asks one node for a transaction, without waiting.
 * @throws RpcUnavailable for an error that tells nothing
 */
export async function askTransaction(call: RpcCall, hash: string, signerId: string): Promise<TransactionAnswer> {
  const params = { tx_hash: hash, sender_account_id: signerId, wait_until: "NONE" };
  try {
    const answer = await call("EXPERIMENTAL_tx_status", params);
    const voidIn = voidInclusion(answer);
    if (voidIn !== undefined) return { kind: "unknown", voidIn };
    const status = readTransactionStatus(answer);
    return status === undefined ? { kind: "silent" } : { kind: "known", status };
  } catch (error) {
    if (!(error instanceof RpcRefused)) throw error;
    const isUnknown = error.causeName === "UNKNOWN_TRANSACTION" || error.message.includes("doesn't exist");
    if (isUnknown) return { kind: "unknown", voidIn: undefined };
    throw new RpcUnavailable(error.message);
  }
}

export type NodeRecall =
  | TransactionAnswer
  | { readonly kind: "behind" }
  /** The node has not kept the blocks that may hold the transaction. `earliest`: height of its earliest block, where told. */
  | { readonly kind: "forgotten"; readonly earliest: number | undefined };

/** What one node remembers of a transaction. A node that has collected the blocks in question says nothing by not knowing it. */
export async function recallOf(call: RpcCall, { hash, signerId, since, at }: RecallWanted): Promise<NodeRecall> {
  const final = height(field(await call("block", { finality: "final" }), "header", "height"));
  const answer = await askTransaction(call, hash, signerId);
  if (answer.kind === "known" || answer.kind === "silent") return answer;
  if (final === undefined || final < at) return { kind: "behind" };
  // Asked last: what the node collects meanwhile counts as forgotten.
  const status = await call("status", []);
  const earliest = height(field(status, "sync_info", "earliest_block_height"));
  const isKept = earliest === undefined ? final - since <= surelyKept : earliest <= since;
  return isKept ? answer : { kind: "forgotten", earliest };
}

/** Hashes of all blocks that a status names. */
export function blocksNamedBy({ transaction, receipts }: TransactionStatus): string[] {
  return [transaction.blockHash, ...[...receipts.values()].map(({ blockHash }) => blockHash)];
}

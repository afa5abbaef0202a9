import type { Ran } from "./submission-view.ts";
import type { TransactionStatus } from "./transaction-status.ts";
import { executedIntents } from "./verifier-events.ts";

/** The result of a transaction that carries cancels to the verifier. */
export interface CancelView {
  readonly result:
    | { readonly kind: "pending" }
    /** Hashes of the payloads that it executed. */
    | (Ran & { readonly kind: "executed"; readonly executed: ReadonlySet<string> })
    /** All of its effects were reverted. */
    | (Ran & { readonly kind: "refused"; readonly error: string });
}

/** @param verifierId the account that was called */
export function readCancel({ transaction, receipts }: TransactionStatus, verifierId: string): CancelView {
  const { status, blockHash } = transaction;
  if (status.kind === "failure") return { result: { kind: "refused", error: status.text, blockHash } };
  const first = status.kind === "receipt" ? receipts.get(status.id) : undefined;
  if (first === undefined || first.status.kind === "unknown") return { result: { kind: "pending" } };
  if (first.status.kind === "failure") {
    return { result: { kind: "refused", error: first.status.text, blockHash: first.blockHash } };
  }
  const executed = first.executorId === verifierId ? executedIntents(first.logs) : new Set<string>();
  return { result: { kind: "executed", executed, blockHash: first.blockHash } };
}

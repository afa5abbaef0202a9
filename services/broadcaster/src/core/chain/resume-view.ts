import type { Ran } from "./submission-view.ts";
import { type TransactionStatus, tokensBurnt } from "./transaction-status.ts";

/** The result of a resume transaction. Its success means only that the chain started. */
export interface ResumeView {
  readonly result: ResumeResult;
  /** yoctoNEAR burnt so far. */
  readonly tokensBurnt: bigint;
}

export type ResumeResult =
  | { readonly kind: "pending" }
  | (Ran & { readonly kind: "started" })
  | (Ran & { readonly kind: "refused"; readonly error: string });

export function readResume(status: TransactionStatus): ResumeView {
  return { result: readResult(status), tokensBurnt: tokensBurnt(status) };
}

function readResult({ transaction, receipts }: TransactionStatus): ResumeResult {
  const { status, blockHash } = transaction;
  if (status.kind === "failure") return { kind: "refused", error: status.text, blockHash };
  const first = status.kind === "receipt" ? receipts.get(status.id) : undefined;
  if (first === undefined || first.status.kind === "unknown") return { kind: "pending" };
  if (first.status.kind === "failure") return { kind: "refused", error: first.status.text, blockHash: first.blockHash };
  return { kind: "started", blockHash: first.blockHash };
}

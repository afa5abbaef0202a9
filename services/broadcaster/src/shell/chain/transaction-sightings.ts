import type { TransactionStatus } from "../../core/chain/transaction-status.ts";
import type { ChunkSearch } from "./prove-absent.ts";

/** What one driver has seen of its transactions, by hash. Lost with the process; the next driver looks again. */
export class TransactionSightings {
  readonly lookedAt = new Map<string, number>();
  readonly sentAt = new Map<string, { first: number; last: number }>();
  readonly provenAt = new Map<string, number>();
  /** Final height at which a ground was first found on which a transaction cannot land. */
  readonly groundFoundAt = new Map<string, number>();
  /** Unfinished searches through the chunks. */
  readonly searches = new Map<string, ChunkSearch>();

  /** Final height at which all endpoints were last asked for an old transaction. */
  readonly recalledAt = new Map<string, number>();
  /** What an endpoint other than the first remembered of it. */
  readonly recalled = new Map<string, TransactionStatus>();
  /** Final height since which every answer was that no endpoint has kept it. */
  readonly forgottenSince = new Map<string, number>();
  /** Transactions of which no endpoint remembers anything, for good. */
  readonly forgotten = new Set<string>();

  noteSent(hash: string, head: number): void {
    this.sentAt.set(hash, { first: this.sentAt.get(hash)?.first ?? head, last: head });
  }

  /**
   * Notes an attempt to prove that a transaction cannot land, also one that failed: it does not keep other actions waiting. An
   * unfinished search goes on as soon as there is nothing else to do.
   */
  noteProof(hash: string, head: number): void {
    if (!this.searches.has(hash)) this.provenAt.set(hash, head);
  }
}

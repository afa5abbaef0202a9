import type { CallView } from "../../core/direct-user/call-view.ts";
import type { DirectUserView } from "../../core/direct-user/next.ts";
import type { ChunkSearch } from "../chain/prove-absent.ts";

/** What one driver has seen of the chain. Lost with the process, and seen again after it. */
export class CallSightings implements DirectUserView {
  readonly calls = new Map<string, CallView | undefined>();
  readonly lookedAt = new Map<string, number>();
  readonly sentAt = new Map<string, { first: number; last: number }>();
  readonly provenAt = new Map<string, number>();
  /** Final height at which a ground was first found that a transaction cannot land. */
  readonly groundFoundAt = new Map<string, number>();
  /** Searches through the chunks that are not through yet. */
  readonly searches = new Map<string, ChunkSearch>();

  noteSent(hash: string, head: number): void {
    this.sentAt.set(hash, { first: this.sentAt.get(hash)?.first ?? head, last: head });
  }
}

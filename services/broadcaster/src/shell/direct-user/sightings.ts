import type { CallView } from "../../core/direct-user/call-view.ts";
import type { DirectUserView } from "../../core/direct-user/next.ts";
import type { ChunkSearch } from "../chain/prove-absent.ts";

/** What one driver has seen of the chain. Lost with the process; the next driver looks again. */
export class CallSightings implements DirectUserView {
  readonly calls = new Map<string, CallView | undefined>();
  readonly lookedAt = new Map<string, number>();
  readonly sentAt = new Map<string, { first: number; last: number }>();
  readonly provenAt = new Map<string, number>();
  /** Final height at which a ground was first found on which a transaction cannot land, by hash. */
  readonly groundFoundAt = new Map<string, number>();
  /** Unfinished searches through the chunks, by hash. */
  readonly searches = new Map<string, ChunkSearch>();

  noteSent(hash: string, head: number): void {
    this.sentAt.set(hash, { first: this.sentAt.get(hash)?.first ?? head, last: head });
  }
}

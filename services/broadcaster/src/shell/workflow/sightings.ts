import type { AcceptedSubmission } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { CancelView } from "../../core/chain/cancel-view.ts";
import type { ResumeView } from "../../core/chain/resume-view.ts";
import type { SubmissionView } from "../../core/chain/submission-view.ts";
import type { NonceUse } from "../../core/workflow/outcomes.ts";
import type { View } from "../../core/workflow/world.ts";
import type { ChunkSearch } from "../chain/prove-absent.ts";
import type { ViewResult } from "../checks/foreign-views.ts";

/** What one driver has seen of the chain. Lost with the process; the next driver looks again. */
export class Sightings implements View {
  readonly submissions = new Map<string, SubmissionView | undefined>();
  readonly resumes = new Map<string, ResumeView | undefined>();
  readonly cancels = new Map<string, CancelView | undefined>();
  readonly lookedAt = new Map<string, number>();
  readonly sentAt = new Map<string, { first: number; last: number }>();
  readonly provenAt = new Map<string, number>();
  /** Final height at which a ground was first found on which a transaction cannot land, by hash. */
  readonly groundFoundAt = new Map<string, number>();
  readonly searches = new Map<string, ChunkSearch>();
  readonly burntAt = new Map<string, number>();
  readonly adoptions = new Map<number, AcceptedSubmission | "none">();
  readonly nonceUse = new Map<number, NonceUse>();
  /** yoctoNEAR burnt by a transaction whose receipts have all run, by hash. */
  readonly burnt = new Map<string, bigint>();
  /** Results of the views that a caller wants after a batch, by their place. */
  readonly viewResults = new Map<number, ViewResult>();
  noncesReadAt: number | undefined;
  cancelTriedAt: number | undefined;
  rejectTriedAt: number | undefined;

  noteSent(hash: string, head: number): void {
    this.sentAt.set(hash, { first: this.sentAt.get(hash)?.first ?? head, last: head });
  }
}

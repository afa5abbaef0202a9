import type { AcceptedSubmission } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { CancelView } from "../../core/chain/cancel-view.ts";
import type { ResumeView } from "../../core/chain/resume-view.ts";
import type { SubmissionView } from "../../core/chain/submission-view.ts";
import type { NonceUse } from "../../core/workflow/outcomes.ts";
import type { View } from "../../core/workflow/world.ts";
import { TransactionSightings } from "../chain/transaction-sightings.ts";
import type { ViewResult } from "../checks/foreign-views.ts";

/** What one driver has seen of a workflow on the chain. */
export class Sightings extends TransactionSightings implements View {
  readonly submissions = new Map<string, SubmissionView | undefined>();
  readonly resumes = new Map<string, ResumeView | undefined>();
  readonly cancels = new Map<string, CancelView | undefined>();
  readonly burntAt = new Map<string, number>();
  readonly adoptions = new Map<number, AcceptedSubmission | "none">();
  readonly nonceUse = new Map<number, readonly NonceUse[]>();
  /** yoctoNEAR burnt by a transaction whose receipts have all run, by hash. */
  readonly burnt = new Map<string, bigint>();
  /** Results of the views that a caller wants after a batch, by their place. */
  readonly viewResults = new Map<number, ViewResult>();
  noncesReadAt: number | undefined;
  cancelTriedAt: number | undefined;
  rejectTriedAt: number | undefined;
}

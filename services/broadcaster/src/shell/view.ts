import type { AcceptedSubmission } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { ResumeView } from "../core/chain/resume-view.ts";
import type { SubmissionView } from "../core/chain/submission-view.ts";
import type { View } from "../core/workflow/world.ts";

/** What one driver has seen of the chain. Lost with the process, and seen again after it. */
export class Sightings implements View {
  readonly submissions = new Map<string, SubmissionView | undefined>();
  readonly resumes = new Map<string, ResumeView | undefined>();
  readonly lookedAt = new Map<string, number>();
  readonly sentAt = new Map<string, { first: number; last: number }>();
  readonly provenAt = new Map<string, number>();
  /** Final height at which a ground was first found that a transaction cannot land. */
  readonly groundFoundAt = new Map<string, number>();
  readonly burntAt = new Map<string, number>();
  readonly adoptions = new Map<number, AcceptedSubmission | "none">();
  readonly nonceUse = new Map<number, { used: boolean; timeMs: number }>();
  noncesReadAt: number | undefined;

  noteSent(hash: string, head: number): void {
    this.sentAt.set(hash, { first: this.sentAt.get(hash)?.first ?? head, last: head });
  }
}

import type { AcceptedSubmission } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { CancelView } from "../chain/cancel-view.ts";
import type { ResumeView } from "../chain/resume-view.ts";
import type { SubmissionView } from "../chain/submission-view.ts";
import type { FinalFacts } from "./outcomes.ts";

/** What the driver sees besides the log, when it decides. Nothing in it outlives the process. */
export interface World {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Height of the optimistic head. */
  readonly head: number;
  readonly final: FinalFacts;
  /** Where a block stands; undefined while that is not known. */
  readonly block: (hash: string) => BlockPlace | undefined;
  readonly view: View;
  /** The gate is this workflow's: its chain may be resumed now. */
  readonly turn: boolean;
  /** Others wait for the gate: it counts when it comes free. */
  readonly isAwaited: boolean;
  /** The relayer's balance holds others up: this workflow's leftover intents are to be rejected. */
  readonly rejectLeftovers: boolean;
  readonly settings: Settings;
}

export interface Settings {
  readonly gateId: string;
  readonly verifierId: string;
  /** Time after which the fate of something sent is called unknown. */
  readonly pollTimeoutMs: number;
  /** Payloads that are still possible are made impossible, instead of waiting until they are. */
  readonly settleByCancel: boolean;
}

export interface BlockPlace {
  readonly height: number;
  /** On the final chain, on the optimistic one above it, or on neither. */
  readonly state: "final" | "head" | "forked";
}

/** Latest answers of the node, by transaction hash. */
export interface View {
  /** Undefined: the node does not know the transaction. */
  readonly submissions: ReadonlyMap<string, SubmissionView | undefined>;
  readonly resumes: ReadonlyMap<string, ResumeView | undefined>;
  readonly cancels: ReadonlyMap<string, CancelView | undefined>;
  /** Height of the head when the node was last asked, or when it was found to be too early to ask. */
  readonly lookedAt: ReadonlyMap<string, number>;
  /** Height of the head when it was first and last sent by this process. */
  readonly sentAt: ReadonlyMap<string, { readonly first: number; readonly last: number }>;
  /** Height of the head when it was last tried to prove that it cannot land. */
  readonly provenAt: ReadonlyMap<string, number>;
  /** Final height at which a ground was first found that it cannot land. */
  readonly groundFoundAt: ReadonlyMap<string, number>;
  /** Height of the head when a higher nonce on its key was last sent for it. */
  readonly burntAt: ReadonlyMap<string, number>;
  /** What was found of a delegate that the gate says it had before, by step. */
  readonly adoptions: ReadonlyMap<number, AcceptedSubmission | "none">;
  /** Height of the head when nonces were last read. */
  readonly noncesReadAt: number | undefined;
  /** Height of the head when it was last tried, in vain, to have a cancel signed and written down. */
  readonly cancelTriedAt: number | undefined;
}

/** Whether a look at a transaction is due: at most one a head, and not before `from`. */
export function isLookDue(
  world: Pick<World, "head"> & { readonly view: Pick<View, "lookedAt"> },
  hash: string,
  from = 0,
  every = 1,
): boolean {
  const last = world.view.lookedAt.get(hash);
  return world.head >= from && (last === undefined || world.head >= last + every);
}

import type { AcceptedSubmission } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { CancelView } from "../chain/cancel-view.ts";
import type { ResumeView } from "../chain/resume-view.ts";
import type { SubmissionView } from "../chain/submission-view.ts";
import type { FinalFacts } from "./outcomes.ts";

/** The driver's inputs besides the log. Nothing in them outlives the process. */
export interface World {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Median time of a block, milliseconds; undefined where the chain has not shown it. */
  readonly blockMs: number | undefined;
  /** Height of the optimistic head. */
  readonly head: number;
  readonly final: FinalFacts;
  /** Where a block stands; undefined while that is not known. */
  readonly block: (hash: string) => BlockPlace | undefined;
  readonly view: View;
  /** Whether it is this workflow's turn on the gate: its chain may be resumed now. */
  readonly turn: boolean;
  /** Whether others wait for the gate, so that it matters when it becomes free. */
  readonly isAwaited: boolean;
  /** Whether the relayer's balance delays others: then this workflow's leftover intents are rejected. */
  readonly rejectLeftovers: boolean;
  readonly settings: Settings;
}

export interface Settings {
  readonly gateId: string;
  readonly verifierId: string;
  /** Time after which the fate of a sent transaction is recorded as unknown, milliseconds. */
  readonly pollTimeoutMs: number;
  /** Whether possible payloads are cancelled, instead of waiting for their deadlines. */
  readonly settleByCancel: boolean;
  /** Blocks for which a delegate is valid. */
  readonly delegateValidityBlocks: number;
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
  /** Head's height when the node was last asked, or when it was found too early to ask. */
  readonly lookedAt: ReadonlyMap<string, number>;
  /** Head's height when this process first and last sent it. */
  readonly sentAt: ReadonlyMap<string, { readonly first: number; readonly last: number }>;
  /** Head's height at the last attempt to prove that it cannot land. */
  readonly provenAt: ReadonlyMap<string, number>;
  /** Final height at which a ground was first found that it cannot land. */
  readonly groundFoundAt: ReadonlyMap<string, number>;
  /** Head's height when a higher nonce on its key was last sent to burn its own. */
  readonly burntAt: ReadonlyMap<string, number>;
  /** By step: the earlier submission of a delegate that the gate knew before. */
  readonly adoptions: ReadonlyMap<number, AcceptedSubmission | "none">;
  /** Transactions of which no endpoint remembers anything. */
  readonly forgotten: ReadonlySet<string>;
  /** Head's height when nonces were last read. */
  readonly noncesReadAt: number | undefined;
  /** Head's height at the last failed attempt to have a cancel signed and appended. */
  readonly cancelTriedAt: number | undefined;
  /** Head's height when a reject was last left out, because the gate asked another fee than was agreed. */
  readonly rejectTriedAt: number | undefined;
}

/** Whether a look at a transaction is due: at most one per `every` heads, and none before `from`. */
export function isLookDue(
  world: Pick<World, "head"> & { readonly view: Pick<View, "lookedAt"> },
  hash: string,
  from = 0,
  every = 1,
): boolean {
  const last = world.view.lookedAt.get(hash);
  return world.head >= from && (last === undefined || world.head >= last + every);
}

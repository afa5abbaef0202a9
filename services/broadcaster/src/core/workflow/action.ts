import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EndedSchema, EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { ErrorCode, TerminalStatus } from "@outlayer/workflow";
import type { SeenIn } from "./seen.ts";

type Init = NonNullable<MessageInitShape<typeof EventSchema>["kind"]> & { readonly case: string };

/** A workflow's end. */
export interface EndedInit {
  readonly status: TerminalStatus;
  readonly errorCode?: ErrorCode;
  readonly userVisibleError?: string;
  readonly outcomes?: NonNullable<MessageInitShape<typeof EndedSchema>["outcomes"]>;
  readonly requiredApprovals?: number;
}

/** An event to append, before evidence gives it a version and a time. */
export type EventInit =
  | Exclude<Init, { readonly case: "ended" }>
  | { readonly case: "ended"; readonly value: EndedInit };

/** Transactions to ask the node about, by hash. */
export interface Look {
  readonly submissions: readonly string[];
  readonly resumes: readonly string[];
  /**
   * Look at the last submission first, and at the others only if it has run. Submissions on one key land in the order of sending;
   * where they do not, this costs a block.
   */
  readonly lastFirst?: boolean;
  /** Whether the look may show that the next workflow on the gate can be resumed. */
  readonly isAwaited?: boolean;
}

/** The one thing to do next. The shell performs it; the result comes back as an event or in the view. */
export type Action =
  /** The workflow has ended. */
  | { readonly kind: "stop" }
  | { readonly kind: "append"; readonly event: EventInit }
  | { readonly kind: "check_policy" }
  /** Ask the conductor for a place, run the checks, and append the admission. */
  | { readonly kind: "seek_admission" }
  | { readonly kind: "sign" }
  /** Prepare, append and send transactions that carry these steps. */
  | { readonly kind: "submit"; readonly steps: readonly number[] }
  /** Send the same bytes again. */
  | { readonly kind: "resend"; readonly hashes: readonly string[] }
  /** Ask the node about transactions. */
  | ({ readonly kind: "look" } & Look)
  /** The same, beside the request for the next head: what is asked for is expected to run in it. */
  | ({ readonly kind: "look_ahead" } & Look)
  /** Find the submission that used up a step's delegate nonce. */
  | { readonly kind: "adopt"; readonly step: number }
  /** Try to prove that a transaction can never land. */
  | { readonly kind: "prove_dead"; readonly hash: string }
  /** Land a higher nonce on the transaction's access key, so that the transaction cannot land any more. */
  | { readonly kind: "burn_nonce"; readonly hash: string }
  | { readonly kind: "resume" }
  /** Resume one intent by itself. `block`: named by the resume, which is valid on no fork without it. */
  | { readonly kind: "resume_step"; readonly step: number; readonly block: SeenIn }
  | { readonly kind: "reject"; readonly intentId: string }
  /** Have the cancels of these steps' payloads signed, and append and send the transaction that carries them. */
  | { readonly kind: "cancel"; readonly steps: readonly number[] }
  /** Ask the node about a transaction that carries cancels. */
  | { readonly kind: "look_at_cancel"; readonly hash: string }
  /** Read whether the payload nonces of these steps were used. */
  | { readonly kind: "read_nonces"; readonly steps: readonly number[] }
  /** Read balances, views and cost. */
  | { readonly kind: "measure" }
  /** Nothing to do until something changes: a new head, a turn, a balance. */
  | { readonly kind: "wait" };

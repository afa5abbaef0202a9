/** The endpoint that a record was opened through. */
export const endpoints = ["workflow", "sequential_batch", "direct_user_function_call"] as const;
export type Endpoint = (typeof endpoints)[number];

export const inProgressStatuses = [
  "planned",
  "policy_checking",
  "queued",
  "signing",
  "submitting",
  "submitted",
  "resuming",
  "dispatching",
  "settling",
] as const;
export type InProgressStatus = (typeof inProgressStatuses)[number];

const terminalStatuses = [
  "succeeded",
  "requires_funding_setup",
  "requires_direct_user_setup",
  "requires_approval",
  "cancelled",
  "rejected",
  "policy_denied",
  "failed",
] as const;
export type TerminalStatus = (typeof terminalStatuses)[number];

export type Status = InProgressStatus | TerminalStatus;
export const statuses = [...inProgressStatuses, ...terminalStatuses] as const satisfies readonly Status[];

/** Whether a status is final. */
export function isTerminal(status: string): status is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(status);
}

/** HTTP code of the POST whose record has a status. A GET that finds a record is always 200. */
export const httpCodeOfStatus: { readonly [S in Status]: number } = {
  planned: 202,
  policy_checking: 202,
  queued: 202,
  signing: 202,
  submitting: 202,
  submitted: 202,
  resuming: 202,
  dispatching: 202,
  settling: 202,
  succeeded: 200,
  requires_funding_setup: 409,
  requires_direct_user_setup: 409,
  requires_approval: 409,
  cancelled: 400,
  rejected: 400,
  policy_denied: 400,
  failed: 400,
};

/** Causes of failures, and reasons for waiting. */
export const errorCodes = [
  "planner_rejected",
  "policy_denied",
  "requires_approval",
  "gate_busy",
  "gate_stuck",
  "fee_mismatch",
  "approver_rotated",
  "relayer_not_whitelisted",
  "insufficient_balance",
  "receiver_not_found",
  "receiver_has_no_code",
  "balance_low",
  "no_usable_key",
  "unsafe_delegate_nonce",
  "keystore_unavailable",
  "keystore_refused",
  "rpc_unavailable",
  "clock_skew",
  "submission_refused",
  "dispatch_failed",
  "refunded",
  "count_unreadable",
  "timed_out",
  "cancelled",
  "outcome_unknown",
  "internal",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** Outcome of one step. */
export const stepOutcomes = [
  "in_progress",
  "succeeded",
  "succeeded_elsewhere",
  "partly_elsewhere",
  "still_possible",
  "failed_on_chain",
  "not_executed",
  "refunded",
  "unknowable",
] as const;

import type { Reservation, UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { type Usage, usageOf } from "./policy-usage.ts";

/** The wallet whose usage is meant, and the request whose own reservation is left out. */
export interface UsageOf {
  readonly walletId: string;
  readonly requestId: string | undefined;
}

/** Verifies evidence's statements. */
export interface UsageProofs {
  isStated(of: UsageOf, statement: UsageStatement): boolean;
  isReserved(walletId: string, requestId: string, reservation: Reservation): boolean;
}

/** Longest age of a usage statement, milliseconds; a signature has to be counted right after it anyway. */
const longestMs = 60_000;

/** How far ahead evidence's clock may be, milliseconds. */
const skewMs = 10_000;

export type ProofProblem =
  | "usage_missing"
  | "usage_forged"
  | "usage_stale"
  | "reservation_missing"
  | "reservation_forged";

/** A statement that is missing, too old or not evidence's. */
export class ProofError extends Error {
  override readonly name = "ProofError";
  readonly problem: ProofProblem;

  constructor(problem: ProofProblem) {
    super(messages[problem]);
    this.problem = problem;
  }
}

const messages: Readonly<Record<ProofProblem, string>> = {
  usage_missing: "evidence's statement of what the wallet has used is required",
  usage_forged: "the statement of what the wallet has used is not evidence's, or of another wallet or request",
  usage_stale: "the statement of what the wallet has used is too old",
  reservation_missing: "evidence's word that the steps are counted is required",
  reservation_forged: "the word that the steps are counted is not evidence's, or of another wallet or request",
};

export interface StatedUsage {
  /** The ledger entry up to which usage was counted. */
  readonly seq: bigint;
  readonly usage: Usage;
}

/** @throws ProofError */
export function statedUsage(
  proofs: UsageProofs,
  of: UsageOf,
  statement: UsageStatement | undefined,
  nowMs: number,
): StatedUsage {
  if (statement === undefined) throw new ProofError("usage_missing");
  if (!proofs.isStated(of, statement)) throw new ProofError("usage_forged");
  const ageMs = nowMs - Number(statement.issuedAtMs);
  if (ageMs > longestMs || ageMs < -skewMs) throw new ProofError("usage_stale");
  return { seq: statement.seq, usage: usageOf(statement.usage) };
}

/** @throws ProofError */
export function requireReservation(reservation: Reservation | undefined): Reservation {
  if (reservation === undefined) throw new ProofError("reservation_missing");
  return reservation;
}

/** @throws ProofError */
export function checkReservation(
  proofs: UsageProofs,
  { walletId, requestId }: { readonly walletId: string; readonly requestId: string },
  reservation: Reservation,
): void {
  if (!proofs.isReserved(walletId, requestId, reservation)) throw new ProofError("reservation_forged");
}

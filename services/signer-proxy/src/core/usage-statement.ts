import type { Reservation, UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { type Usage, usageOf } from "./policy-usage.ts";

/** Whose usage, and the request whose own part is left out of it. */
export interface UsageOf {
  readonly walletId: string;
  readonly requestId: string | undefined;
}

/** Tells what evidence said from what others say that it did. */
export interface UsageProofs {
  isStated(of: UsageOf, statement: UsageStatement): boolean;
  isReserved(walletId: string, requestId: string, reservation: Reservation): boolean;
}

/** How long evidence's word for what was used holds, milliseconds; what is signed has to be counted right after it anyway. */
const longestMs = 60_000;

/** How far ahead evidence's clock may be, milliseconds. */
const skewMs = 10_000;

export type ProofProblem =
  | "usage_missing"
  | "usage_forged"
  | "usage_stale"
  | "reservation_missing"
  | "reservation_forged";

/** What should be evidence's word is not. */
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
  /** The ledger's entry up to which it is told. */
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
export function needed(reservation: Reservation | undefined): Reservation {
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

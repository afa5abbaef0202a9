import { ApprovalsMissing, KeystoreRefused, type Verdict } from "../../adapters/signer-proxy/signer.ts";
import type { EventInit } from "../../core/workflow/action.ts";
import { findAccountProblem } from "../../core/workflow/own-account.ts";
import type { WorkflowState } from "../../core/workflow/state.ts";
import type { Tools } from "../tools.ts";
import { judgeAndReserve } from "./reserve-usage.ts";

/** Grants of one workflow, in memory only: they are worth 60 seconds, and policy can be asked again. */
export class Grants {
  #grants: readonly string[] = [];
  #expiresAtMs = 0;

  keep(grants: readonly string[], expiresAtMs: number): void {
    this.#grants = grants;
    this.#expiresAtMs = expiresAtMs;
  }

  drop(): void {
    this.#expiresAtMs = 0;
  }

  /** The grant of a step, unless it expires within the time that signing may take. */
  of(step: number, nowMs: number): string | undefined {
    const signingMs = 5000;
    return nowMs + signingMs < this.#expiresAtMs ? this.#grants[step] : undefined;
  }
}

/**
 * Asks the wallet's policy about all steps; what it allows counts against the wallet's limits from then on.
 * @returns the event that says what it answered
 */
export async function checkPolicy(
  { signer, evidence, policyTurns, ports }: Pick<Tools, "signer" | "evidence" | "policyTurns" | "ports">,
  state: WorkflowState,
  grants: Grants,
): Promise<EventInit> {
  try {
    const account = await signer.account(state.walletId);
    const problem = findAccountProblem(state.calls, account.accountId);
    if (problem !== undefined) {
      const rejected = { status: "rejected", errorCode: "planner_rejected", userVisibleError: problem };
      return { case: "ended", value: rejected };
    }
    const verdict = await judgeAndReserve({ evidence, policyTurns }, state, (usage) =>
      signer.checkPolicy(state, usage),
    );
    if (verdict.kind !== "allowed") return refusalOf(verdict);
    grants.keep(verdict.grants, verdict.expiresAtMs);
    return { case: "policyAllowed", value: { ...account, checkedAtMs: BigInt(ports.clock.now()) } };
  } catch (error) {
    return endOnRefusal(error);
  }
}

/** How a workflow ends that policy does not let through. */
export function refusalOf(verdict: NotAllowed): EventInit {
  const userVisibleError = refusalText(verdict);
  if (verdict.kind === "approval_required") return requiresApproval(userVisibleError, verdict.requiredApprovals);
  return { case: "ended", value: { status: "policy_denied", errorCode: "policy_denied", userVisibleError } };
}

type NotAllowed = Exclude<Verdict, { kind: "allowed" }>;

/** The sentence that says so. */
export function refusalText(verdict: NotAllowed): string {
  if (verdict.kind === "denied") return `policy denied before signing: ${verdict.reason}`;
  const many = verdict.requiredApprovals === 1 ? "1 approval" : `${verdict.requiredApprovals} approvals`;
  return `the wallet's policy requires ${many} for this workflow`;
}

/** A keystore that refuses ends the workflow at once; anything else is thrown on. */
export function endOnRefusal(error: unknown): EventInit {
  if (error instanceof KeystoreRefused) {
    const value = { status: "failed", errorCode: "keystore_refused", userVisibleError: error.message };
    return { case: "ended", value };
  }
  if (error instanceof ApprovalsMissing) {
    return requiresApproval(error.message, error.requiredApprovals);
  }
  throw error;
}

function requiresApproval(userVisibleError: string, requiredApprovals: number): EventInit {
  const status = "requires_approval";
  return { case: "ended", value: { status, errorCode: status, userVisibleError, requiredApprovals } };
}

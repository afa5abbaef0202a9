import type { Reservation } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { Ports } from "@outlayer/kit";
import { grantLifetimeMs } from "@outlayer/workflow";
import {
  ApprovalsMissing,
  KeystoreRefused,
  type NotAllowed,
  type Signer,
  type StepTerms,
} from "../../core/ports/signer.ts";
import type { EndedInit, EventInit } from "../../core/workflow/action.ts";
import { findAccountProblem } from "../../core/workflow/own-account.ts";
import type { Terms, WorkflowState } from "../../core/workflow/state.ts";
import { judgeAndReserve, type Reserved, type UsageLedger } from "./reserve-usage.ts";

/** Blocks for which terms are as good as new. */
const freshBlocks = 20;

/** What signer-proxy needs to sign a step. */
export interface Permit {
  readonly grant: string;
  /** Evidence's word that all steps are counted. */
  readonly reservation: Reservation;
}

/** Grants of one workflow for its terms of signing. In memory only: a grant is good for 60 seconds, and policy can be asked again. */
export class Grants {
  #grants: readonly string[] = [];
  #reservation: Reservation | undefined;
  #expiresAtMs = 0;
  #terms: { readonly height: number; readonly steps: readonly Terms[] } | undefined;
  #areCounted = false;

  /**
   * Their time is counted by this host's clock alone: signer-proxy's may differ (rule: time-is-the-chains).
   * @param askedAtMs when policy was asked
   */
  keep({ grants, reservation }: Extract<Reserved, { kind: "allowed" }>, askedAtMs: number): void {
    this.#grants = grants;
    this.#reservation = reservation;
    this.#expiresAtMs = askedAtMs + grantLifetimeMs;
  }

  drop(): void {
    this.#expiresAtMs = 0;
  }

  /** The terms chosen last, unless they are old: signing that goes on after an outage signs the same bytes. */
  async termsOf(height: number, choose: () => Promise<readonly Terms[]>): Promise<readonly Terms[]> {
    if (this.#terms === undefined || this.areOld(height)) {
      this.drop();
      this.#terms = { height, steps: await choose() };
      this.#areCounted = false;
    }
    return this.#terms.steps;
  }

  areOld(height: number): boolean {
    return this.#terms !== undefined && height >= this.#terms.height + freshBlocks;
  }

  /** Notes that evidence is asked to count the terms chosen last. */
  noteCounting(): void {
    this.#areCounted = true;
  }

  /** Terms that evidence may count although no log names them: nothing is signed on them. */
  get unwritten(): readonly Terms[] | undefined {
    return this.#areCounted ? this.#terms?.steps : undefined;
  }

  /** Called once the log names the terms. A later signing chooses others. */
  forgetTerms(): void {
    this.#terms = undefined;
  }

  /** The step's permit, unless its grant expires within the time that signing may take. */
  of(step: number, nowMs: number): Permit | undefined {
    const signingMs = 5000;
    const grant = nowMs + signingMs < this.#expiresAtMs ? this.#grants[step] : undefined;
    return grant === undefined || this.#reservation === undefined
      ? undefined
      : { grant, reservation: this.#reservation };
  }
}

/**
 * Asks the wallet's policy about all steps; what policy allows counts against the wallet's limits from then on. There are grants
 * only where the terms of signing are named, for these terms alone.
 * @returns the event that says what policy answered
 */
export async function checkPolicy(
  { signer, evidence, policyLine, ports }: UsageLedger & { readonly signer: Signer; readonly ports: Ports },
  state: WorkflowState,
  grants: Grants,
  terms: readonly StepTerms[] = [],
): Promise<EventInit> {
  try {
    const account = await signer.account(state.walletId);
    const problem = findAccountProblem(state.calls, account.accountId);
    if (problem !== undefined) {
      const rejected: EndedInit = { status: "rejected", errorCode: "planner_rejected", userVisibleError: problem };
      return { case: "ended", value: rejected };
    }
    let askedAtMs = 0;
    const { walletId, requestId } = state;
    const about = { walletId, requestId, isNew: state.account === undefined };
    const verdict = await judgeAndReserve({ evidence, policyLine }, about, async (usage) => {
      askedAtMs = ports.clock.now();
      const verdict = await signer.checkPolicy(state, usage, terms);
      if (verdict.kind === "allowed" && terms.length > 0) grants.noteCounting();
      return verdict;
    });
    if (verdict.kind !== "allowed") return refusalOf(verdict);
    grants.keep(verdict, askedAtMs);
    return { case: "policyAllowed", value: { ...account, checkedAtMs: BigInt(ports.clock.now()) } };
  } catch (error) {
    return endOnRefusal(error);
  }
}

/** The end of a workflow that policy does not allow. */
export function refusalOf(verdict: NotAllowed): EventInit {
  const userVisibleError = refusalText(verdict);
  if (verdict.kind === "approval_required") return requiresApproval(userVisibleError, verdict.requiredApprovals);
  return { case: "ended", value: { status: "policy_denied", errorCode: "policy_denied", userVisibleError } };
}

/** The error text of that end. */
export function refusalText(verdict: NotAllowed): string {
  if (verdict.kind === "denied") return `policy denied before signing: ${verdict.reason}`;
  const many = verdict.requiredApprovals === 1 ? "1 approval" : `${verdict.requiredApprovals} approvals`;
  return `the wallet's policy requires ${many} for this workflow`;
}

/** The end of a workflow that the keystore refuses. @throws every other error */
export function endOnRefusal(error: unknown): EventInit {
  if (error instanceof KeystoreRefused) {
    const value: EndedInit = { status: "failed", errorCode: "keystore_refused", userVisibleError: error.message };
    return { case: "ended", value };
  }
  if (error instanceof ApprovalsMissing) {
    return requiresApproval(error.message, error.requiredApprovals);
  }
  throw error;
}

function requiresApproval(userVisibleError: string, requiredApprovals: number): EventInit {
  const status = "requires_approval" as const;
  return { case: "ended", value: { status, errorCode: status, userVisibleError, requiredApprovals } };
}

import type { ChainFacts } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { SignedTerms, WorkflowFacts } from "../workflow.ts";

/** When a wallet's reservation for steps of a workflow was given up. */
export interface Release {
  readonly requestId: string;
  readonly steps: readonly number[];
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** When the steps were reserved again, for terms to sign them on; undefined if they were not. */
  reservedAgainAtMs?: number;
}

/**
 * Signed means possible (rule: signed-means-possible): as long as anything that was signed, or may have been, can still
 * execute, its workflow has not ended, its reservation stands, and nothing else is signed for it.
 */
export function checkSigned(chain: ChainFacts, workflow: WorkflowFacts, released: readonly Release[]): Violation[] {
  const { requestId, terms, endedAtMs } = workflow;
  return [
    ...checkOwn(chain, workflow),
    ...terms.flatMap((one, index) => {
      const { step } = one;
      const alive = (kind: string, atMs: number | undefined, what: string): Violation[] => {
        if (atMs === undefined || !canExecute(chain, workflow, one, atMs)) return [];
        const sentence = `${what} while what was signed for step ${step} could still execute`;
        return [{ kind, requestId, sentence }];
      };
      const ofStep = released.filter((release) => release.requestId === requestId && release.steps.includes(step));
      // A release right before an end that a crash prevented: what was signed later stands on the later reservation.
      const releases = ofStep.filter(
        ({ reservedAgainAtMs = Number.POSITIVE_INFINITY }) => reservedAgainAtMs > one.preparedAtMs,
      );
      const anew = terms.slice(index + 1).find((later) => later.step === step)?.preparedAtMs;
      return [
        // Around payloads that did not come from here a delegate does nothing of its own.
        ...(isOwn(workflow, step) ? [] : alive("ended_early", endedAtMs, "it ended")),
        ...alive("signed_beside", anew, "it was signed anew"),
        ...(isOwn(workflow, step)
          ? []
          : releases.flatMap(({ atMs }) => alive("released_early", atMs, "its reservation was released"))),
      ];
    }),
  ];
}

const isOwn = ({ steps }: WorkflowFacts, step: number) => (steps[step]?.own.length ?? 0) > 0;

/** A payload that a session has signed itself can be executed from the beginning (rule: own-payload-is-always-possible). */
function checkOwn(chain: ChainFacts, { requestId, steps, endedAtMs }: WorkflowFacts): Violation[] {
  if (endedAtMs === undefined) return [];
  return steps.flatMap(({ index, own }) =>
    own.flatMap(({ nonce, signerId, deadlineMs }): Violation[] => {
      const isUsed = chain.executed.some(
        (one) => one.nonce === nonce && one.accountId === signerId && chain.timeOf(one.receipt.height) <= endedAtMs,
      );
      if (isUsed || endedAtMs > deadlineMs) return [];
      return [
        { kind: "ended_early", requestId, sentence: `it ended while a payload of step ${index} could be executed` },
      ];
    }),
  );
}

/** Judged by the chain alone: what was submitted without a payload is the gate's by then, and the record's outcomes tell. */
function canExecute(chain: ChainFacts, workflow: WorkflowFacts, terms: SignedTerms, atMs: number): boolean {
  const { nonce, deadlineMs, maxBlockHeight, step } = terms;
  if (nonce === "") {
    return !workflow.submittedSteps.has(step) && chain.heightAt(atMs) <= maxBlockHeight;
  }
  const isUsed = chain.executed.some(
    (one) => one.nonce === nonce && one.accountId === workflow.accountId && chain.timeOf(one.receipt.height) <= atMs,
  );
  return !isUsed && atMs <= deadlineMs;
}

import type { ErrorCode } from "@outlayer/workflow";
import type { CheckClass, Finding } from "../../core/checks/finding.ts";

/** A question about what a run depends on. Preflight and admission make the same checks. */
export interface Check<Readings> {
  /** What is asked about. */
  readonly name: string;
  /** What a failure means. */
  readonly class: CheckClass;
  /** Rejects where the answer cannot be found out. */
  readonly find: (readings: Readings) => Promise<Finding>;
}

/** A check whose failure ends a workflow with this error code, or makes the workflow wait. */
export interface CodedCheck<Readings> extends Check<Readings> {
  readonly code: ErrorCode;
}

/** A check that was made, or why it could not be. */
export type Made<C> = { readonly check: C; readonly finding: Finding } | { readonly check: C; readonly error: unknown };

/** Another check has shown that this check has nothing to find out. The message says why. */
export class NotMade extends Error {
  override readonly name = "NotMade";
}

/**
 * Makes all checks at once.
 * @param signal once aborted, unfinished checks fail with its reason
 * @returns all checks in their order
 */
export async function makeChecks<Readings, C extends Check<Readings>>(
  checks: readonly C[],
  readings: Readings,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly Made<C>[]> {
  return Promise.all(
    checks.map(async (check): Promise<Made<C>> => {
      try {
        return { check, finding: await unlessAborted(signal, check.find(readings)) };
      } catch (error) {
        return { check, error };
      }
    }),
  );
}

function unlessAborted<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    signal.addEventListener("abort", give);
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}

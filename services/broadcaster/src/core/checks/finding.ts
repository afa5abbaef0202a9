/**
 * What a failing check means for a workflow: `blocking`, it would fail; `waiting`, it would wait; `advisory`, nothing
 * (rule: check-class-says-what-a-run-does).
 */
export type CheckClass = "blocking" | "waiting" | "advisory";

/** The answer to a check. */
export interface Finding {
  readonly ok: boolean;
  readonly expected: string;
  readonly actual: string;
  /** A sentence. Of a check that fails, the one that a workflow ends with. */
  readonly message: string;
  /** Where this answer means something else than the check usually does. */
  readonly class?: CheckClass;
}

/** @param message by whether it is ok */
export function finding(
  ok: boolean,
  expected: string,
  actual: string,
  message: { readonly ok: string; readonly failed: string },
): Finding {
  return { ok, expected, actual, message: ok ? message.ok : message.failed };
}

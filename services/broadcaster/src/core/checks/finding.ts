/**
 * What a failing check means for a workflow: `blocking`, it would fail; `waiting`, it would wait; `advisory`, nothing
 * (rule: check-class-says-what-a-run-does).
 */
export type CheckClass = "blocking" | "waiting" | "advisory";

/** The result of a check. */
export interface Finding {
  readonly ok: boolean;
  readonly expected: string;
  readonly actual: string;
  /** A sentence. If the check fails, the workflow ends with it. */
  readonly message: string;
  /** Set where this result has another class than the check usually has. */
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

/** Ways in which a call to the keystore fails. Texts are short, one line, and free of secrets. */
export type KeystoreProblem =
  /** Away, too slow, not ready or too busy: the same call may succeed later. */
  | { readonly kind: "unavailable"; readonly detail: string }
  /** A refusal. `text` is the keystore's `error`, or only the status where it gave none; `body` is for the log alone. */
  | { readonly kind: "refused"; readonly status: number; readonly text: string; readonly body?: string }
  /** The wallet's policy requires approvals before it signs. */
  | { readonly kind: "approvals"; readonly text: string; readonly required: number }
  /** Not the keystore that we know: an endpoint is missing, or an answer has another shape. */
  | { readonly kind: "wrong_keystore"; readonly detail: string };

export class KeystoreError extends Error {
  override readonly name = "KeystoreError";
  readonly problem: KeystoreProblem;
  /** Whether something was signed for the same request before. */
  readonly hasSigned: boolean;

  constructor(problem: KeystoreProblem, cause?: unknown, hasSigned = false) {
    super(`keystore: ${problem.kind}: ${"detail" in problem ? problem.detail : problem.text}`, { cause });
    this.problem = problem;
    this.hasSigned = hasSigned;
  }
}

/** An answer of the keystore that fails a check. The message names the check, without quoting the answer. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer";
}

/** A caller's request whose parts do not fit together. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
}

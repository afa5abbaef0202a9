/** What went wrong between us and the keystore. Texts are short, one line, and free of secrets. */
export type KeystoreProblem =
  /** Away, too slow, not ready or too busy: the same question may be answered later. */
  | { readonly kind: "unavailable"; readonly detail: string }
  /** It said no. `text` is its own `error`, or only the status where it gave none; `body` is for the log alone. */
  | { readonly kind: "refused"; readonly status: number; readonly text: string; readonly body?: string }
  /** The wallet's policy wants approvals before it signs. */
  | { readonly kind: "approvals"; readonly text: string; readonly required: number }
  /** Not the keystore that we know: a path is missing, or an answer has another shape. */
  | { readonly kind: "wrong_keystore"; readonly detail: string };

export class KeystoreError extends Error {
  override readonly name = "KeystoreError";
  readonly problem: KeystoreProblem;
  /** For the same request it had signed something before. */
  readonly hasSigned: boolean;

  constructor(problem: KeystoreProblem, cause?: unknown, hasSigned = false) {
    super(`keystore: ${problem.kind}: ${"detail" in problem ? problem.detail : problem.text}`, { cause });
    this.problem = problem;
    this.hasSigned = hasSigned;
  }
}

/** The keystore answered with something that does not hold. The message says what, without quoting it. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer";
}

/** The caller asked for something that does not fit together. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
}

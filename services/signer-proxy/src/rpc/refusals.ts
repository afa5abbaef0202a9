import { Code, invalid, type Logger, Refusal, unavailable } from "@outlayer/kit";
import { GrantError } from "../core/grant.ts";
import { BadAnswer, InvalidRequest, KeystoreError } from "../core/problems.ts";
import { ProofError } from "../core/usage-statement.ts";

/** Reasons of FailedPrecondition and PermissionDenied answers, by which callers tell them apart. README.md explains each. */
export type ErrorReason =
  | "KEYSTORE_REFUSED"
  | "APPROVAL_REQUIRED"
  | "GRANT_INVALID"
  | "GRANT_EXPIRED"
  | "USAGE_INVALID"
  | "RESERVATION_INVALID"
  | "BAD_SIGNATURE";

/**
 * The error that a caller sees. Keystore away or unverified: Unavailable, since the same call may succeed later. Refusals and
 * answers that fail a check: FailedPrecondition. Undefined: unforeseen, an internal error.
 */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof KeystoreError) return keystoreRefusal(error);
  if (error instanceof GrantError) {
    const reason: ErrorReason = error.problem === "expired" ? "GRANT_EXPIRED" : "GRANT_INVALID";
    return new Refusal(Code.PermissionDenied, error.message, { reason });
  }
  if (error instanceof ProofError) {
    const isUsage = error.problem.startsWith("usage");
    const reason: ErrorReason = isUsage ? "USAGE_INVALID" : "RESERVATION_INVALID";
    return new Refusal(Code.PermissionDenied, error.message, { reason });
  }
  if (error instanceof BadAnswer) {
    return failed(`the keystore's answer does not hold: ${error.message}`, "BAD_SIGNATURE");
  }
  if (error instanceof InvalidRequest) return invalid(error.message);
  return undefined;
}

/** `nothingSigned`: the caller can forget the request, since no signature exists. */
function keystoreRefusal({ problem, hasSigned }: KeystoreError): Refusal {
  const signed: Record<string, string> = hasSigned ? {} : { nothingSigned: "true" };
  switch (problem.kind) {
    case "unavailable":
      return unavailable(`keystore unavailable: ${problem.detail}`);
    case "wrong_keystore":
      return unavailable(`wrong keystore: ${problem.detail}`);
    case "refused":
      return failed(`keystore refused: ${problem.text}`, "KEYSTORE_REFUSED", signed);
    case "approvals":
      return failed(`keystore refused: ${problem.text}`, "APPROVAL_REQUIRED", {
        ...signed,
        requiredApprovals: String(problem.required),
      });
  }
}

function failed(message: string, reason: ErrorReason, metadata: Record<string, string> = {}): Refusal {
  return new Refusal(Code.FailedPrecondition, message, { reason, metadata });
}

/** Runs a handler, translates its errors, and logs the ones that concern the operator. */
export async function answering<T>(logger: Logger, about: object, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const problem = error instanceof KeystoreError ? error.problem : refusal.message;
    logger[levelOf(error)]({ ...about, code: Code[refusal.code], problem }, "refused");
    throw refusal;
  }
}

function levelOf(error: unknown): "error" | "warn" {
  if (error instanceof BadAnswer) return "error";
  // Either evidence has another secret than this service, or somebody tries to forge a statement.
  if (error instanceof ProofError) return error.problem === "usage_stale" ? "warn" : "error";
  return error instanceof KeystoreError && error.problem.kind === "wrong_keystore" ? "error" : "warn";
}

import type { JsonObject } from "@bufbuild/protobuf";
import type { WalletCaller } from "@outlayer/access";
import { invalid, unavailable } from "@outlayer/kit";
import { type ApprovalInfo, type Endpoint, originalRequestOf } from "@outlayer/workflow";
import { type ApprovalProblem, type ApprovedRequest, approvalProblem, approvedProblem } from "../core/approval.ts";
import type { FindRecord } from "../core/ports.ts";

/** The parts of a request that its approval depends on. */
export interface ApprovedAgain {
  readonly endpoint: Endpoint;
  /** The body as it was sent. */
  readonly original: JsonObject;
  readonly info: ApprovalInfo | undefined;
}

/**
 * Checks a request's approval against the record that it was given for (rule: approval-is-for-one-request).
 * @returns the approval; undefined where there is none
 * @throws Refusal InvalidArgument for one that does not hold; Unavailable while the record cannot be read
 */
export async function readApproval(
  { findRecord }: { readonly findRecord: FindRecord },
  { endpoint, original, info }: ApprovedAgain,
  caller: WalletCaller,
  signal: AbortSignal,
): Promise<ApprovalInfo | undefined> {
  if (info === undefined) return undefined;
  if (caller.credential !== "internal_token") {
    refuse({ field: "approval_info", text: "is accepted only with the internal token" });
  }
  refuse(approvalProblem(info, original));
  const answer = await findRecord({ requestId: info.requestId, endpoint }, caller, signal);
  switch (answer.kind) {
    case "unavailable":
      throw unavailable("the request that was approved cannot be read now: try again");
    case "not_found":
      refuse(approvedProblem(info, undefined));
      return info;
    case "found": {
      const { record } = answer;
      const approved: ApprovedRequest = { status: record.status, original: originalRequestOf(record) };
      refuse(approvedProblem(info, approved));
      return info;
    }
  }
}

function refuse(problem: ApprovalProblem | undefined): void {
  if (problem === undefined) return;
  const { field, text } = problem;
  throw invalid(`${field} ${text}`, { reason: "APPROVAL_INVALID", field });
}

import { quotaExceeded } from "@outlayer/access";
import { Code, type Ids, Refusal, unavailable } from "@outlayer/kit";
import { pickIdempotencyKey } from "@outlayer/workflow";
import type { Limits } from "../core/facts.ts";
import type { OpenedInit } from "../core/opening.ts";
import type { FindRecord, OpenWorkflow } from "../core/ports.ts";
import type { PlanningDeps } from "./planning.ts";

/** Dependencies of recording a request. */
export interface OpenDeps {
  readonly openWorkflow: OpenWorkflow;
  readonly ids: Ids;
  readonly limits: Limits;
}

export interface ExecuteDeps extends PlanningDeps, OpenDeps {
  readonly findRecord: FindRecord;
}

export interface ChosenKey {
  readonly text: string;
  /** The caller chose the key, and so can repeat the request. */
  readonly callers: boolean;
}

/** @throws InvalidRequest as pickIdempotencyKey */
export function chooseKey(ids: Ids, inBody: string | undefined, beside: readonly string[]): ChosenKey {
  const callers = inBody !== undefined || beside.length > 0;
  return { text: pickIdempotencyKey(inBody, beside, ids.uuid()), callers };
}

/**
 * Records a planned request.
 * @throws Refusal AlreadyExists when the key or the approval was used for another request; ResourceExhausted when a quota of the
 * wallet is used up; Unavailable when it is unknown whether this request was recorded
 */
export async function open(deps: OpenDeps, key: ChosenKey, opened: OpenedInit, signal: AbortSignal) {
  const requestId = deps.ids.uuid();
  // As the gates are by now: the one that the plan is for may have been drained meanwhile, or have gone.
  const takesIt = deps.limits.gates.some(({ gateId, drain }) => !drain && gateId === opened.gateId);
  const onlyFinds = opened.gateId !== undefined && !takesIt;
  const result = await deps.openWorkflow(requestId, opened, signal, onlyFinds);
  switch (result.kind) {
    case "opened":
      return { record: result.record, created: result.created };
    case "over_quota":
      throw quotaExceeded(result.message, result.exceeded);
    case "other_request":
      throw alreadyUsed("IDEMPOTENCY_KEY_REUSED", keyReused, result.requestId);
    case "approval_used": {
      const what = `approval of request ${opened.approval?.requestId} was already used`;
      throw alreadyUsed("APPROVAL_ALREADY_USED", what, result.requestId);
    }
    case "draining":
      throw unavailable(`gate ${opened.gateId} is drained and takes nothing new: try again later`, {
        reason: "GATE_DRAINING",
      });
    case "unavailable":
      throw unavailable(
        key.callers
          ? "the request may not have been recorded: try again with the same idempotency key"
          : `the request may not have been recorded: look for request ${requestId} before you try again`,
        { reason: "PERHAPS_RECORDED", ...(key.callers ? {} : { requestId }) },
      );
  }
}

const keyReused = "idempotency key was already used with another request";

function alreadyUsed(reason: string, what: string, requestId: string | undefined): Refusal {
  const message = requestId === undefined ? what : `${what} (request ${requestId})`;
  return new Refusal(Code.AlreadyExists, message, { reason, requestId });
}

import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { Code, type Ids, Refusal, unavailable, type WalletCredentials } from "@outlayer/kit";
import { pickIdempotencyKey } from "@outlayer/workflow";
import type { OpenedInit } from "../core/opening.ts";
import type { OpenWorkflow } from "../core/ports.ts";
import type { PlanningDeps } from "./planning.ts";

export interface ExecuteDeps extends PlanningDeps {
  readonly credentials: WalletCredentials;
  readonly openWorkflow: OpenWorkflow;
  readonly ids: Ids;
}

export interface ChosenKey {
  readonly text: string;
  /** The caller named it, and so can repeat the request. */
  readonly callers: boolean;
}

/** @throws InvalidRequest as pickIdempotencyKey */
export function chooseKey(ids: Ids, inBody: string | undefined, beside: readonly string[]): ChosenKey {
  const given = inBody === undefined ? beside : [inBody, ...beside];
  return { text: pickIdempotencyKey(given, ids.uuid()), callers: given.length > 0 };
}

/**
 * Records a planned request.
 * @throws Refusal AlreadyExists when the key was used for another request; Unavailable when it is not known whether
 * this one was recorded
 */
export async function open(deps: ExecuteDeps, key: ChosenKey, opened: OpenedInit, signal: AbortSignal) {
  const requestId = deps.ids.uuid();
  const result = await deps.openWorkflow(requestId, opened, signal);
  switch (result.kind) {
    case "opened":
      return { record: result.record, created: result.created };
    case "other_request":
      throw keyAlreadyUsed(result.requestId);
    case "unavailable":
      throw unavailable(
        key.callers
          ? "the request may not have been recorded: try again with the same idempotency key"
          : `the request may not have been recorded: look for request ${requestId} before you try again`,
      );
  }
}

function keyAlreadyUsed(requestId: string | undefined): Refusal {
  const message = "idempotency key was already used with another request";
  if (requestId === undefined) return new Refusal(Code.AlreadyExists, message);
  const info = { reason: "IDEMPOTENCY_KEY_REUSED", domain: "planner", metadata: { request_id: requestId } };
  return new Refusal(Code.AlreadyExists, `${message} (request ${requestId})`, [{ desc: ErrorInfoSchema, value: info }]);
}

import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import type { EndedSchema, OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type {
  ApprovalInfo,
  ErrorCode,
  SequentialBatchRequest,
  TerminalStatus,
  WorkflowRequest,
} from "@outlayer/workflow";
import type { Lane } from "./lanes.ts";
import { payloadHash } from "./own-payloads.ts";
import type { Plan, Planning } from "./plan.ts";
import { batchSteps, postViews } from "./sequential-batch.ts";

export type OpenedInit = Exclude<MessageInitShape<typeof OpenedSchema>, { readonly $typeName: string }>;
type EndedInit = Exclude<MessageInitShape<typeof EndedSchema>, { readonly $typeName: string }>;

/** A request with its wallet and its idempotency key. */
export interface KeyedRequest {
  readonly walletId: string;
  readonly idempotencyKey: string;
  /** Lower-case hex. */
  readonly fingerprint: string;
  /** The body as the caller sent it. */
  readonly original: JsonObject;
  /** Undefined where there is none. */
  readonly approval: ApprovalInfo | undefined;
}

/** The first event of a workflow: the request, its plan, and its end, if it ends at once. */
export function openedWorkflow(asked: KeyedRequest, request: WorkflowRequest, planning: Planning): OpenedInit {
  const { onFailure, ordering } = request;
  const steps = request.steps.map((step) =>
    present(step.form === "intents.execute_signed" ? hashed(step.fields) : step.fields),
  );
  const workflow = { steps, ...present({ on_failure: onFailure, ordering }) };
  const original = withoutOwnPayloads(asked.original);
  const event = opened("workflow", { ...asked, original }, workflow, planning, endOf(planning.plan));
  if (event.ended !== undefined) return event;
  return { ...event, haltOnFailure: onFailure === "halt", anyOrdering: ordering === "any" };
}

/** The request as the record keeps it: payloads that a session has signed by their hashes (rule: unsubmitted-signature-stays-secret). */
function withoutOwnPayloads(original: JsonObject): JsonObject {
  const { steps } = original;
  if (!Array.isArray(steps)) return original;
  const shown = steps.map((step) => {
    const given = Object(step) as JsonObject;
    return given.kind === "intents.execute_signed" ? hashed(given) : step;
  });
  return { ...original, steps: shown };
}

function hashed<F extends { readonly payloads?: unknown }>(fields: F): F {
  const { payloads } = fields;
  if (!Array.isArray(payloads)) return fields;
  return { ...fields, payloads: payloads.map((payload) => ({ payload_sha256: payloadHash(Object(payload)) })) };
}

/** @param planning undefined when the rules for batches refuse it, for the reason given */
export function openedBatch(
  asked: KeyedRequest,
  batch: SequentialBatchRequest,
  planned: Planning | { readonly refused: string },
): OpenedInit {
  const steps = batchSteps(batch).map(({ fields }) => {
    const { gas: _gas, args_base64: _base64, args_json: _json, ...rest } = fields;
    return present(rest);
  });
  if ("refused" in planned) {
    return opened("sequential_batch", asked, { steps }, refused, rejected(planned.refused));
  }
  const event = opened("sequential_batch", asked, { steps }, planned, endOf(planned.plan));
  return event.ended === undefined ? { ...event, postViews: postViews(batch) } : event;
}

const refused: Planning = {
  plan: { accepted: false, executable: false, steps: [], setupRequirements: [], unchecked: [] },
  calls: [],
  stepwise: false,
  uncheckedPayloads: [],
  uncheckedTime: false,
};

function opened(
  endpoint: "workflow" | "sequential_batch",
  asked: KeyedRequest,
  workflow: JsonObject,
  { plan, calls, stepwise }: Planning,
  ended: EndedInit | undefined,
): OpenedInit {
  const { walletId, idempotencyKey, fingerprint, original, approval } = asked;
  return {
    endpoint,
    walletId,
    idempotencyKey,
    fingerprint,
    originalRequestText: JSON.stringify(original),
    workflowText: JSON.stringify(workflow),
    planJson: plan,
    ...(approval === undefined ? {} : { approval: { ...approval, approverIds: [...approval.approverIds] } }),
    ...(ended === undefined
      ? { calls, stepwise, ...(plan.gateId === undefined ? {} : { gateId: plan.gateId }) }
      : { ended }),
  };
}

/** The end of a request that is not executed; undefined for one that is. */
export function endOf(plan: Plan): EndedInit | undefined {
  const reason = plan.steps.find((step) => step.lane === "reject")?.reason;
  if (reason !== undefined) return rejected(reason);
  if (hasLane(plan, "direct_user")) return setup("requires_direct_user_setup", plan, "direct_user");
  if (hasLane(plan, "funding_setup")) return setup("requires_funding_setup", plan, "funding_setup");
  if (plan.steps.length === 0) return rejected("workflow contains no executable gate_proxy steps");
  if (plan.executable) return undefined;
  return rejected(plan.setupRequirements[0]?.requirement ?? "workflow is not executable");
}

function rejected(reason: string): EndedInit {
  const status: TerminalStatus = "rejected";
  const errorCode: ErrorCode = "planner_rejected";
  return { status, errorCode, userVisibleError: reason };
}

/** Names the first setup step on the lane. */
function setup(status: TerminalStatus, plan: Plan, lane: Lane): EndedInit {
  const first = plan.setupRequirements.find(({ step }) => plan.steps[step]?.lane === lane);
  return { status, ...(first === undefined ? {} : { userVisibleError: first.requirement }) };
}

function hasLane(plan: Plan, lane: Lane): boolean {
  return plan.steps.some((step) => step.lane === lane);
}

/** The fields that are present; null is absent. */
function present(fields: object): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}

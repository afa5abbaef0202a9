import type { JsonObject } from "@bufbuild/protobuf";
import { z } from "zod";
import { type Checked, check, firstOf, formatProblem, type Problem } from "./first-problem.ts";
import { refuseSigningFields } from "./forbidden-fields.ts";
import { foreignField, foreignFieldOfCall } from "./foreign-fields.ts";
import { type InvalidRequest, invalidJson } from "./invalid-request.ts";
import { batchCallSchema, requiredByKind, requiredWithoutKind, viewCheckSchema } from "./request-schemas.ts";
import { approvalInfo, idempotencyKey, onFailure, ordering, stepFields } from "./step-fields.ts";
import { filedId } from "./uuid.ts";

// Readers keep only the fields they know. A kind's required fields come before the optional ones, so that a missing one is
// reported first.
const { "intents.transfer": ofTransfer, "intents.swap": ofSwap, "intents.execute_raw": ofRaw } = requiredByKind;
const ofSigned = requiredByKind["intents.execute_signed"];
const ofKey = requiredByKind["intents.add_public_key"];
const anyStep = z.object(stepFields);
const transferStep = z.object({ ...ofTransfer, ...stepFields, ...ofTransfer });
const swapStep = z.object({ ...ofSwap, ...stepFields, ...ofSwap });
const rawStep = z.object({ ...ofRaw, ...stepFields, ...ofRaw });
const signedStep = z.object({ ...ofSigned, ...stepFields, ...ofSigned });
const keyStep = z.object({ ...ofKey, ...stepFields, ...ofKey });
const explicitStep = z.object({ ...requiredWithoutKind, ...stepFields, ...requiredWithoutKind });

/** Kinds that are planned and never executed by this product. They require no field. */
const fundingKinds = [
  "funding.wrap_near",
  "funding.intents_deposit",
  "funding.balance_check",
  "funding.storage_deposit",
] as const;
export type FundingKind = (typeof fundingKinds)[number];

/** Fields that any step may have. Null counts as absent for `kind`, `near_intents`, `args_base64`, `args_json`. */
export type StepFields = z.infer<typeof anyStep>;

interface Foreign {
  /** A known field that the step's kind does not carry, as `foreignField` finds it. */
  readonly foreign?: string;
}

/** A well-formed step, by its kind. */
export type Step =
  | ({ readonly form: "intents.transfer"; readonly fields: z.infer<typeof transferStep> } & Foreign)
  | ({ readonly form: "intents.swap"; readonly fields: z.infer<typeof swapStep> } & Foreign)
  | ({ readonly form: "intents.execute_raw"; readonly fields: z.infer<typeof rawStep> } & Foreign)
  | ({ readonly form: "intents.execute_signed"; readonly fields: z.infer<typeof signedStep> } & Foreign)
  | ({
      readonly form: "intents.add_public_key" | "intents.remove_public_key";
      readonly fields: z.infer<typeof keyStep>;
    } & Foreign)
  | { readonly form: FundingKind; readonly fields: StepFields }
  | { readonly form: "near.function_call"; readonly fields: StepFields }
  | { readonly form: "unknown"; readonly fields: StepFields }
  | ({ readonly form: "explicit"; readonly fields: z.infer<typeof explicitStep> } & Foreign);

export interface WorkflowRequest {
  readonly steps: readonly Step[];
  /** Undefined where the caller left it out: `continue`. */
  readonly onFailure: "continue" | "halt" | undefined;
  /** Undefined where the caller left it out: `chained`. */
  readonly ordering: "chained" | "any" | undefined;
  readonly idempotencyKey: string | undefined;
  readonly approval: ApprovalInfo | undefined;
}

/** Approvers, and the request and hash that they approved. As the caller sent it: unverified. */
export interface ApprovalInfo {
  readonly requestId: string;
  readonly approverIds: readonly string[];
  readonly requestHash: string;
}

export type BatchCall = z.infer<typeof batchCall> & Foreign;
export type ViewCheck = z.infer<typeof viewCheck>;

export interface SequentialBatchRequest {
  readonly gateId: string;
  readonly calls: readonly BatchCall[];
  readonly postBatchViewChecks: readonly ViewCheck[];
  readonly idempotencyKey: string | undefined;
  readonly approval: ApprovalInfo | undefined;
}

const batchCall = batchCallSchema.strip();
const viewCheck = viewCheckSchema.strip();
const list = z.array(z.unknown());
const workflowFrame = z.object({
  steps: list,
  on_failure: onFailure,
  ordering,
  idempotency_key: idempotencyKey,
  approval_info: approvalInfo,
});
const batchFrame = z.object({
  gate_id: z.string(),
  calls: list,
  idempotency_key: idempotencyKey,
  approval_info: approvalInfo,
  post_batch_view_checks: list.optional(),
});

/**
 * Reads the body of a workflow.
 * @param document as `readJsonObject` answers it
 * @throws InvalidRequest for signing material, and for the first field that is absent or mistyped
 */
export function readWorkflow(document: JsonObject): WorkflowRequest {
  refuseSigningFields(document);
  const frame = check(workflowFrame, document);
  const steps = readList(document, "steps", readStep);
  refuseFirst(document, [frame, steps]);
  const { on_failure, ordering, idempotency_key, approval_info } = unwrap(frame);
  return {
    steps: unwrap(steps),
    onFailure: on_failure,
    ordering,
    idempotencyKey: idempotency_key,
    approval: approvalOf(approval_info),
  };
}

/**
 * Reads the body of a sequential batch. Values of the right type that make no sense are for the planner to refuse.
 * @param document as `readJsonObject` answers it
 * @throws InvalidRequest for signing material, and for the first field that is absent or mistyped
 */
export function readSequentialBatch(document: JsonObject): SequentialBatchRequest {
  refuseSigningFields(document);
  const frame = check(batchFrame, document);
  const calls = readList(document, "calls", (call) => {
    const checked = check(batchCall, call);
    return "problem" in checked
      ? checked
      : { value: { ...checked.value, ...foreignOf(foreignFieldOfCall(Object(call))) } };
  });
  const views = readList(document, "post_batch_view_checks", (view) => check(viewCheck, view));
  refuseFirst(document, [frame, calls, views]);
  return {
    gateId: unwrap(frame).gate_id,
    calls: unwrap(calls),
    postBatchViewChecks: unwrap(views),
    idempotencyKey: unwrap(frame).idempotency_key,
    approval: approvalOf(unwrap(frame).approval_info),
  };
}

function approvalOf(info: z.infer<typeof approvalInfo>): ApprovalInfo | undefined {
  if (info === undefined) return undefined;
  // Normalized, so that an approval is used up once, in whatever case its request is named.
  return { requestId: filedId(info.request_id), approverIds: info.approver_ids, requestHash: info.request_hash };
}

function readStep(value: unknown): Checked<Step> {
  // What fits the schema of its kind fits the one of any step, which requires less.
  const fitting = readIntents(Object(value).kind, value);
  if (fitting !== undefined && "value" in fitting) return fitting;
  const any = check(anyStep, value);
  if ("problem" in any) return any;
  const form = any.value.kind ?? "explicit";
  switch (form) {
    case "intents.transfer":
    case "intents.swap":
    case "intents.execute_raw":
    case "intents.execute_signed":
    case "intents.add_public_key":
    case "intents.remove_public_key":
      return fitting ?? formed("unknown", any);
    case "funding.wrap_near":
    case "funding.intents_deposit":
    case "funding.balance_check":
    case "funding.storage_deposit":
    case "near.function_call":
      return formed(form, any);
    default:
      // A kind without a case above is read as unknown, and no type says so. `kind: "explicit"` is no kind either.
      if (any.value.kind != null) return formed("unknown", any);
      return withForeign("explicit", check(explicitStep, value), foreignFieldOfCall(Object(value)));
  }
}

/** @returns undefined for a kind without intents of its own */
function readIntents(kind: unknown, value: unknown): Checked<Step> | undefined {
  switch (kind) {
    case "intents.transfer":
      return withForeign(kind, check(transferStep, value), foreignField(kind, Object(value)));
    case "intents.swap":
      return withForeign(kind, check(swapStep, value), foreignField(kind, Object(value)));
    case "intents.execute_raw":
      return withForeign(kind, check(rawStep, value), foreignField(kind, Object(value)));
    case "intents.execute_signed":
      return withForeign(kind, check(signedStep, value), foreignField(kind, Object(value)));
    case "intents.add_public_key":
    case "intents.remove_public_key":
      return withForeign(kind, check(keyStep, value), foreignField(kind, Object(value)));
    default:
      return undefined;
  }
}

function formed<F extends Step["form"], T>(form: F, checked: Checked<T>): Checked<{ form: F; fields: T }> {
  return "problem" in checked ? checked : { value: { form, fields: checked.value } };
}

function withForeign<F extends Step["form"], T>(form: F, checked: Checked<T>, foreign: string | undefined) {
  return "problem" in checked ? checked : { value: { form, fields: checked.value, ...foreignOf(foreign) } };
}

function foreignOf(foreign: string | undefined): Foreign {
  return foreign === undefined ? {} : { foreign };
}

/** Most items of a list that are read at all. The planner's limits are lower. */
export const maxListItems = 100;

/** Stops at the first item that cannot be read, so that a body of nothing but bad items costs no more than one. */
function readList<T>(document: JsonObject, key: string, read: (item: unknown) => Checked<T>): Checked<readonly T[]> {
  const items = document[key];
  if (Array.isArray(items) && items.length > maxListItems) {
    return { problem: { place: [key], text: `has more than ${maxListItems} items` } };
  }
  const values: T[] = [];
  // A value that is no array is reported by the schema of the document.
  for (const [index, item] of (Array.isArray(items) ? items : []).entries()) {
    const checked = read(item);
    if ("problem" in checked) {
      return { problem: { ...checked.problem, place: [key, index, ...checked.problem.place] } };
    }
    values.push(checked.value);
  }
  return { value: values };
}

function refuseFirst(document: JsonObject, all: readonly Checked<unknown>[]): void {
  const problems: Problem[] = all.flatMap((checked) => ("problem" in checked ? [checked.problem] : []));
  if (problems.length > 0) throw invalidProblem(firstOf(document, problems));
}

function unwrap<T>(checked: Checked<T>): T {
  if ("problem" in checked) throw invalidProblem(checked.problem);
  return checked.value;
}

function invalidProblem(problem: Problem): InvalidRequest {
  return invalidJson(formatProblem(problem), problem.place);
}

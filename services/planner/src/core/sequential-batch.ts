import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PostViewSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { isAccountId } from "@outlayer/near";
import type { BatchCall, SequentialBatchRequest, Step, ViewCheck } from "@outlayer/workflow";
import { isDecimal } from "./amounts.ts";
import type { Limits } from "./facts.ts";
import { argsText, payloadModes } from "./gate-call.ts";
import { isZeroDepositExecuteIntents } from "./lanes.ts";

export type PostViewInit = Exclude<MessageInitShape<typeof PostViewSchema>, { readonly $typeName: string }>;

const maxCalls = 3;
const maxViewChecks = 12;

/** NEAR's limit, bytes. */
const maxMethodName = 256;

/** Most bytes of a view's arguments and of its expected answer, and of an answer that is read. */
const maxViewText = 16 * 1024;

/**
 * Why the rules for batches refuse one (rule: bad-value-is-recorded); undefined when they do not. Callers know the texts and their
 * order, except those about deposits and views, which are new.
 */
export function batchProblem(batch: SequentialBatchRequest, limits: Limits): string | undefined {
  if (batch.gateId === "") return "gate_id is required";
  const gateIds = limits.gates.map(({ gateId }) => gateId);
  if (!gateIds.includes(batch.gateId)) return `gate_id must be ${gateIds.join(" or ")}`;
  if (batch.calls.length < 1 || batch.calls.length > maxCalls) {
    return `sequential batch requires 1 to ${maxCalls} calls`;
  }
  return (
    firstProblem(batch.calls, (call, index) => callProblem(call, `calls[${index}]`, limits)) ??
    viewsProblem(batch.postBatchViewChecks)
  );
}

function callProblem(call: BatchCall, place: string, limits: Limits): string | undefined {
  if (call.receiver_id === "") return `${place}.receiver_id is required`;
  if (call.method_name === "") return `${place}.method_name is required`;
  if (call.gas === "0" || !isDecimal(call.gas)) return `${place}.gas must be non-zero`;
  if (call.deposit !== undefined && !isDecimal(call.deposit)) return `${place}.deposit must be a decimal string`;
  if (call.requires_user_predecessor) {
    return `${place} requires user predecessor, which the gate proxy cannot satisfy`;
  }
  if (payloadModes(call) !== 1) {
    return `${place} must include exactly one of args_base64, args_json, or near_intents`;
  }
  if (call.near_intents != null && !isZeroDepositExecuteIntents(call, limits.verifierId)) {
    return `${place}.near_intents requires intents.near.execute_intents with zero deposit`;
  }
  return undefined;
}

function viewsProblem(views: readonly ViewCheck[]): string | undefined {
  if (views.length > maxViewChecks) return `post_batch_view_checks must be at most ${maxViewChecks}`;
  return firstProblem(views, (view, index) => {
    const place = `post_batch_view_checks[${index}]`;
    if (!isAccountId(view.contract_id)) return `${place}.contract_id is not an account id`;
    if (view.method_name === "") return `${place}.method_name is required`;
    if (Buffer.byteLength(view.method_name) > maxMethodName) {
      return `${place}.method_name must be at most ${maxMethodName} bytes`;
    }
    const args = argsText(view.args_json);
    if (args === undefined) return `${place}.args_json is not JSON`;
    if (Buffer.byteLength(args) > maxViewText) return `${place}.args_json must be at most ${maxViewText} bytes`;
    const expected = JSON.stringify(view.expect) ?? "";
    return Buffer.byteLength(expected) > maxViewText
      ? `${place}.expect must be at most ${maxViewText} bytes`
      : undefined;
  });
}

function firstProblem<T>(items: readonly T[], problemOf: (item: T, index: number) => string | undefined) {
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A batch's calls as explicit steps of one gate batch. */
export function batchSteps({ gateId, calls }: SequentialBatchRequest): readonly Step[] {
  return calls.map(({ foreign, ...call }) => ({
    form: "explicit",
    fields: { ...call, route: "gate_proxy", gate_batch: gateId },
    ...(foreign === undefined ? {} : { foreign }),
  }));
}

export function postViews({ postBatchViewChecks }: SequentialBatchRequest): PostViewInit[] {
  return postBatchViewChecks.map((view) => ({
    contractId: view.contract_id,
    methodName: view.method_name,
    argsJson: argsText(view.args_json) || "{}",
    // Null is a valid expectation; only an absent one is not compared.
    ...(view.expect === undefined ? {} : { expectJson: JSON.stringify(view.expect) }),
  }));
}

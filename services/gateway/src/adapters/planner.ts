import { createClient, type Transport } from "@connectrpc/connect";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { Timers } from "@outlayer/kit";
import type { Planner } from "../core/ports.ts";
import { internalError } from "../core/problem.ts";
import { callUpstream } from "./upstream-call.ts";

const notPlanned = "the planner does not answer now: try again";
/** Whether the request was recorded is not known, and a second one under no key, or another, would be paid twice. */
const perhapsRecorded =
  "no answer: the request may have been recorded; send it again under the same idempotency key only";

export function plannerClient(transport: Transport, timers: Timers): Planner {
  const client = createClient(PlannerService, transport);
  return {
    async plan(body, call) {
      const request = { body: { case: "workflowJson" as const, value: body } };
      const { plan } = await callUpstream(timers, { ...call, lost: notPlanned }, (options) =>
        client.plan(request, options),
      );
      return given(plan, "plan");
    },
    async preflight(body, call) {
      const request = body === undefined ? {} : { body: { case: "workflowJson" as const, value: body } };
      const { preflight } = await callUpstream(timers, { ...call, lost: notPlanned }, (options) =>
        client.preflight(request, options),
      );
      return given(preflight, "preflight");
    },
    async executeWorkflow(body, idempotencyKeys, call) {
      const request = { body: { case: "workflowJson" as const, value: body }, idempotencyKeys: [...idempotencyKeys] };
      const { record } = await callUpstream(timers, { ...call, lost: perhapsRecorded }, (options) =>
        client.executeWorkflow(request, options),
      );
      return given(record, "record");
    },
    async executeSequentialBatch(body, idempotencyKeys, call) {
      const request = { body: { case: "batchJson" as const, value: body }, idempotencyKeys: [...idempotencyKeys] };
      const { record } = await callUpstream(timers, { ...call, lost: perhapsRecorded }, (options) =>
        client.executeSequentialBatch(request, options),
      );
      return given(record, "record");
    },
  };
}

function given<T>(message: T | undefined, name: string): T {
  if (message === undefined) throw internalError(new Error(`the planner answered without a ${name}`));
  return message;
}

import { planJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";

/** Plans the steps. 200 even when the plan is not accepted. */
export function planWorkflow(planner: Planner): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/workflows/plan",
    access: "wallet",
    async handle({ body, credentials, signal, passOn }) {
      return jsonAnswer(200, planJson(await planner.plan(body, { credentials, signal, passOn })));
    },
  };
}

import { preflightJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";

/** Reports whether executing these steps would succeed now. Always 200. */
export function preflightWorkflow(planner: Planner): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/workflows/preflight",
    access: "wallet",
    async handle({ body, credentials, signal, passOn }) {
      return jsonAnswer(200, preflightJson(await planner.preflight(body, { credentials, signal, passOn })));
    },
  };
}

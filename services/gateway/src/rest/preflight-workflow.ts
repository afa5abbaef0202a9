import { preflightJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";

/** Says whether executing these steps would succeed now. 200 whatever it says. */
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

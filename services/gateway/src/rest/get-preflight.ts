import { preflightJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";

/** Reports whether gate and operator are ready for a run. Always 200. */
export function getPreflight(planner: Planner): Endpoint {
  return {
    method: "GET",
    path: "/wallet/v1/preflight",
    access: "wallet",
    async handle({ credentials, signal, passOn }) {
      return jsonAnswer(200, preflightJson(await planner.preflight(undefined, { credentials, signal, passOn })));
    },
  };
}

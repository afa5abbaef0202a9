import type { Readiness } from "@outlayer/kit";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { Problem } from "../core/problem.ts";

/** Whether the process lives. */
export const livez: Endpoint = {
  method: "GET",
  path: "/livez",
  access: "anybody",
  handle: async () => jsonAnswer(200, { status: "alive" }),
};

/** Whether the process takes requests, with the state of the services behind it. It calls none of them. */
export function readyz(readiness: Readiness): Endpoint {
  return {
    method: "GET",
    path: "/readyz",
    access: "anybody",
    async handle() {
      if (!readiness.ready) throw new Problem(503, `not ready: ${readiness.reasons.join(", ")}`);
      return jsonAnswer(200, readiness.report());
    },
  };
}

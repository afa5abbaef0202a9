import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";
import { answerWhenEnded, type EndingDeps } from "./answer-when-ended.ts";

/** Opens a workflow, and waits a short while for its end. */
export function executeWorkflow(deps: EndingDeps & { readonly planner: Planner }): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/workflows/execute",
    access: "wallet",
    async handle(request) {
      const { body, idempotencyKeys, credentials, signal, passOn } = request;
      const record = await deps.planner.executeWorkflow(body, idempotencyKeys, { credentials, signal, passOn });
      return answerWhenEnded(deps, record, request);
    },
  };
}

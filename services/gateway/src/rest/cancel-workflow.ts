import { answerOfDelete } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";
import { isRequestId, notFound } from "../core/request-id.ts";
import { answerWhenEnded, type EndingDeps } from "./answer-when-ended.ts";

/** Records the cancel request for a record of any endpoint, and waits a short while for the end. */
export function cancelWorkflow(deps: EndingDeps & { readonly planner: Planner }): Endpoint {
  return {
    method: "DELETE",
    path: "/wallet/v1/workflows/:request_id",
    access: "wallet",
    async handle(request) {
      const { id, credentials, signal } = request;
      const record = isRequestId(id) ? await deps.planner.cancelWorkflow(id, { credentials, signal }) : undefined;
      if (record === undefined) throw notFound("workflow", id);
      return answerWhenEnded(deps, record, request, answerOfDelete);
    },
  };
}

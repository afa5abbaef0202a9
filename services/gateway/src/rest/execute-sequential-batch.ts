import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";
import { answerWhenEnded, type EndingDeps } from "./answer-when-ended.ts";

/** Opens a sequential batch, and waits a short while for its end. */
export function executeSequentialBatch(deps: EndingDeps & { readonly planner: Planner }): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/sequential-batch",
    access: "wallet",
    async handle(request) {
      const { body, idempotencyKeys, credentials, signal, passOn } = request;
      const record = await deps.planner.executeSequentialBatch(body, idempotencyKeys, { credentials, signal, passOn });
      return answerWhenEnded(deps, record, request);
    },
  };
}

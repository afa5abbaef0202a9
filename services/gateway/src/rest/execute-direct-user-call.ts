import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";
import { answerWhenEnded, type EndingDeps } from "./answer-when-ended.ts";

/** Opens a direct-user call, and waits a short while for its end. */
export function executeDirectUserCall(deps: EndingDeps & { readonly planner: Planner }): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/direct-user/function-call/execute",
    access: "wallet",
    async handle(request) {
      const { body, idempotencyKeys, credentials, signal, passOn } = request;
      const record = await deps.planner.executeDirectUserCall(body, idempotencyKeys, { credentials, signal, passOn });
      return answerWhenEnded(deps, record, request);
    },
  };
}

import { directUserKeyStatusJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";
import { scopeOfQuery } from "../core/scope-of-query.ts";

/** Says whether the key of a scope is on the user's account. */
export function getDirectUserKeyStatus(planner: Planner): Endpoint {
  return {
    method: "GET",
    path: "/wallet/v1/direct-user/function-call-key/status",
    access: "wallet",
    async handle({ query, credentials, signal, passOn }) {
      const status = await planner.directUserKeyStatus(scopeOfQuery(query), { credentials, signal, passOn });
      return jsonAnswer(200, directUserKeyStatusJson(status));
    },
  };
}

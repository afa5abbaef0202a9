import { staleKeysJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";

/** Names the keys that the verifier takes for an account although NEAR does not give them full access. */
export function getStaleKeys(planner: Planner): Endpoint {
  return {
    method: "GET",
    path: "/wallet/v1/accounts/:account_id/stale-keys",
    access: "wallet",
    async handle({ id, credentials, signal, passOn }) {
      return jsonAnswer(200, staleKeysJson(await planner.getStaleKeys(id, { credentials, signal, passOn })));
    },
  };
}

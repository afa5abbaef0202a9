import { derivedAccountJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";

/** Says which implicit account a key has. */
export function deriveAccount(planner: Planner): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/accounts/derive",
    access: "wallet",
    async handle({ body, credentials, signal, passOn }) {
      return jsonAnswer(200, derivedAccountJson(await planner.deriveAccount(body, { credentials, signal, passOn })));
    },
  };
}

import { quotesJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";

/** Asks the configured sources for a swap's price. 200 even when none of them gives one. */
export function getQuotes(planner: Planner): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/quotes",
    access: "wallet",
    async handle({ body, credentials, signal, passOn }) {
      return jsonAnswer(200, quotesJson(await planner.getQuotes(body, { credentials, signal, passOn })));
    },
  };
}

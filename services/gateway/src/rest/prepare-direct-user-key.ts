import { directUserKeyJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";

/** Derives the key of a scope, with the commands that install it. */
export function prepareDirectUserKey(planner: Planner): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/direct-user/function-call-key/prepare",
    access: "wallet",
    async handle({ body, credentials, signal, passOn }) {
      return jsonAnswer(
        200,
        directUserKeyJson(await planner.prepareDirectUserKey(body, { credentials, signal, passOn })),
      );
    },
  };
}

import { sessionJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { SignIns } from "../core/ports.ts";

/** Begins a session for a signed challenge. */
export function signIn(signIns: SignIns): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/auth/verify",
    access: "anybody",
    async handle({ body, credentials, signal }) {
      return jsonAnswer(200, sessionJson(await signIns.signIn(body, { credentials, signal })));
    },
  };
}

import { challengeJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { SignIns } from "../core/ports.ts";

/** Makes a challenge for an account to sign. */
export function createChallenge(signIns: SignIns): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/auth/challenge",
    access: "anybody",
    async handle({ body, credentials, signal }) {
      return jsonAnswer(200, challengeJson(await signIns.createChallenge(body, { credentials, signal })));
    },
  };
}

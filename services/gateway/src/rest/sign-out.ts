import type { Revocations } from "@outlayer/access";
import { signedOutJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { SignIns } from "../core/ports.ts";

/** Revokes the calling session. */
export function signOut(signIns: SignIns, revocations: Pick<Revocations, "note">): Endpoint {
  return {
    method: "POST",
    path: "/wallet/v1/auth/logout",
    access: "wallet",
    async handle({ credentials, signal }) {
      const signedOut = await signIns.signOut({ credentials, signal });
      // From here on the gateway itself refuses the token at once.
      revocations.note(signedOut.sessionId);
      return jsonAnswer(200, signedOutJson(signedOut));
    },
  };
}

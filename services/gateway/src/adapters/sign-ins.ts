import { createClient, type Transport } from "@connectrpc/connect";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import type { SignIns } from "../core/ports.ts";
import { callUpstream } from "./upstream-call.ts";

const notJudged = "nobody can sign in now: try again";
/** Said when it is unknown whether a session began: the challenge is perhaps used up. */
const perhapsBegun = "no answer: ask for another challenge";
const perhapsRevoked = "no answer: the session may not have been signed out; ask again";

export function signInsClient(transport: Transport): SignIns {
  const client = createClient(SignInService, transport);
  return {
    createChallenge(body, call) {
      const request = { body: { case: "challengeJson" as const, value: body } };
      return callUpstream({ ...call, lost: notJudged }, (options) => client.createChallenge(request, options));
    },
    signIn(body, call) {
      const request = { body: { case: "signedChallengeJson" as const, value: body } };
      return callUpstream({ ...call, lost: perhapsBegun }, (options) => client.signIn(request, options));
    },
    signOut: (call) => callUpstream({ ...call, lost: perhapsRevoked }, (options) => client.signOut({}, options)),
  };
}

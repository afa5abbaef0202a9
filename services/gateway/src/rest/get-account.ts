import { accountJson } from "@outlayer/workflow";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Planner } from "../core/ports.ts";
import { Problem } from "../core/problem.ts";

/** Most tokens that a query names. */
const mostTokens = 32;

/** Reads an account as the verifier and NEAR have it. */
export function getAccount(planner: Planner): Endpoint {
  return {
    method: "GET",
    path: "/wallet/v1/accounts/:account_id",
    access: "wallet",
    async handle({ id: accountId, query, credentials, signal, passOn }) {
      const [publicKey, ...others] = query.getAll("public_key");
      if (others.length > 0) throw new Problem(400, "public_key must be given once");
      const tokenIds = query.getAll("token_id");
      if (tokenIds.length > mostTokens) throw new Problem(400, `token_id must be given at most ${mostTokens} times`);
      const asked = { accountId, publicKey, tokenIds };
      return jsonAnswer(200, accountJson(await planner.getAccount(asked, { credentials, signal, passOn })));
    },
  };
}

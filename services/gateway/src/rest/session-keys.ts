import type { SessionTerms } from "@outlayer/access";
import { jsonAnswer } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";

/** For how long a reader may keep the keys: shorter than old and new keys overlap while they rotate. */
const cacheControl = "public, max-age=300";

/** The keys under which tokens of sessions are accepted, as JSON Web Keys. */
export function sessionKeys({ keys }: SessionTerms): Endpoint {
  const answer = jsonAnswer(200, { keys: keys.map(({ jwk }) => ({ ...jwk })) }, { "cache-control": cacheControl });
  return { method: "GET", path: "/.well-known/jwks.json", access: "anybody", handle: async () => answer };
}

import { errors } from "./error-refs.ts";
import {
  challengeExamples,
  challengeRequestExamples,
  sessionExamples,
  sessionKeyExamples,
  signedOutExamples,
  signInExamples,
} from "./examples/sessions.ts";
import { tags } from "./prose.ts";
import { noSecurity, sessionSecurity } from "./security.ts";
import { type MediaType, type Named, type Operation, type PathItem, schemaRef } from "./types.ts";

/** What an operation that anybody may ask can answer, where it takes a body. */
const strangersErrors = [
  "BadRequest",
  "SignInOff",
  "RequestTimeout",
  "SmallContentTooLarge",
  "UnsupportedMediaType",
  "HeadersTooLarge",
  "InternalError",
  "Unavailable",
] as const;

const createChallenge: Operation = {
  operationId: "createChallenge",
  tags: [tags.signingIn],
  summary: "Ask for a challenge",
  description:
    "What an account signs to sign in: message, nonce and recipient of NEP-413, or the text for every other standard that the verifier takes. It is taken for five minutes, once, and for this account alone. Nothing is stored.",
  security: noSecurity,
  requestBody: { required: true, content: jsonContent("ChallengeRequest", challengeRequestExamples) },
  responses: {
    "200": { description: "The challenge.", content: jsonContent("Challenge", challengeExamples) },
    ...errors(strangersErrors),
  },
};

const signIn: Operation = {
  operationId: "signIn",
  tags: [tags.signingIn],
  summary: "Begin a session",
  description:
    "Checks the signed challenge (signature, nonce, recipient, age) and its signer: a full access key of the account on NEAR, read at a final block, or the own key of an implicit account. The session acts for a wallet of the account's own. `registration` is the one transaction by which the account registers the key in the verifier, where it has to.",
  security: noSecurity,
  requestBody: { required: true, content: jsonContent("SignInRequest", signInExamples) },
  responses: {
    "200": { description: "The session.", content: jsonContent("Session", sessionExamples) },
    ...errors([...strangersErrors, "SignInRefused"]),
  },
};

const signOut: Operation = {
  operationId: "signOut",
  tags: [tags.signingIn],
  summary: "Revoke a session",
  description:
    "Revokes the session whose token is sent; takes no body. The token is refused from then on: here at once, and everywhere within five seconds. An event stream that is open stays open until it ends.",
  security: sessionSecurity,
  responses: {
    "200": { description: "It is revoked.", content: jsonContent("SignedOut", signedOutExamples) },
    ...errors([
      "Unauthorized",
      "NotASession",
      "SignInOff",
      "QuotaExceeded",
      "HeadersTooLarge",
      "InternalError",
      "Unavailable",
    ]),
  },
};

const getSessionKeys: Operation = {
  operationId: "getSessionKeys",
  tags: [tags.signingIn],
  summary: "Keys of sessions",
  description:
    "The public keys under which tokens of sessions are accepted, for whoever checks a token: `EdDSA` alone, and the audience is the challenge's recipient. Keys rotate with an overlap. They do not tell whether a session was revoked.",
  security: noSecurity,
  responses: {
    "200": { description: "The keys.", content: jsonContent("SessionKeys", sessionKeyExamples) },
    ...errors(["SignInOff", "HeadersTooLarge"]),
  },
};

/** Operations of signing in. */
export const sessionPaths: Named<PathItem> = {
  "/wallet/v1/auth/challenge": { post: createChallenge },
  "/wallet/v1/auth/verify": { post: signIn },
  "/wallet/v1/auth/logout": { post: signOut },
  "/.well-known/jwks.json": { get: getSessionKeys },
};

function jsonContent(schema: string, examples: MediaType["examples"]): Named<MediaType> {
  return { "application/json": { schema: schemaRef(schema), examples } };
}

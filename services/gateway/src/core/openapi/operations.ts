import { errors } from "./error-refs.ts";
import { accountExamples, derivedExamples, publicKeyExamples, staleKeyExamples } from "./examples/accounts.ts";
import { callExamples, keyExamples, keyStatusExamples, scopeExamples } from "./examples/direct-user.ts";
import { planExamples } from "./examples/plans.ts";
import { gatePreflights, workflowPreflights } from "./examples/preflights.ts";
import { quoteRequestExamples, quotesExamples } from "./examples/quotes.ts";
import {
  batchRecords,
  cancelledRecords,
  cancellingRecords,
  directUserRecords,
  exampleOtherRequestId,
  exampleRequestId,
  progressFrame,
  type RecordExamples,
  workflowRecords,
} from "./examples/records.ts";
import { batchRequest, workflowExamples } from "./examples/requests.ts";
import type { ParameterName } from "./parameters.ts";
import { tags } from "./prose.ts";
import { errorExample, noQuoteSource } from "./responses.ts";
import { walletSecurity } from "./security.ts";
import { servicePaths } from "./service-operations.ts";
import { sessionPaths } from "./session-operations.ts";
import {
  headerRef,
  type MediaType,
  type Named,
  type Operation,
  type PathItem,
  parameterRef,
  schemaRef,
} from "./types.ts";

const workflowBody = jsonContent("WorkflowRequest", workflowExamples);
const bodyErrors = ["RequestTimeout", "ContentTooLarge", "UnsupportedMediaType"] as const;
const anyErrors = ["QuotaExceeded", "HeadersTooLarge", "InternalError", "Unavailable"] as const;
/** Headers of an answer that counted against a quota. */
const rateLimits = { RateLimit: headerRef("RateLimit"), "RateLimit-Policy": headerRef("RateLimitPolicy") };

/** Every path, in reading order. */
export function paths(gateId: string): Named<PathItem> {
  const batch = batchRequest(gateId);
  const batchExamples = { transfer: { summary: "Send tokens within the verifier", value: batch } };
  const ofBatch = batchRecords(batch);
  return {
    "/wallet/v1/workflows/plan": { post: planWorkflow },
    "/wallet/v1/workflows/preflight": { post: preflightWorkflow },
    "/wallet/v1/workflows/execute": { post: executeWorkflow },
    "/wallet/v1/workflows/{request_id}": {
      get: getRecord("getWorkflow", tags.workflows, "Read a workflow", workflowRecords),
      delete: cancelWorkflow,
    },
    "/wallet/v1/workflows/{request_id}/events": { get: watchWorkflow },
    "/wallet/v1/sequential-batch": {
      post: execute({
        operationId: "executeSequentialBatch",
        tag: tags.batches,
        summary: "Execute explicit calls",
        description:
          "Executes 1 to 3 explicit calls through the gate, in the order given. Each has exactly one of `args_base64`, `args_json` and `near_intents`; with `near_intents` the coordinator signs the payload and builds the arguments of `execute_intents`.",
        body: jsonContent("SequentialBatchRequest", batchExamples),
        records: ofBatch,
      }),
    },
    "/wallet/v1/sequential-batch/{request_id}": {
      get: getRecord("getSequentialBatch", tags.batches, "Read a sequential batch", ofBatch),
    },
    "/wallet/v1/direct-user/function-call-key/prepare": { post: prepareDirectUserKey },
    "/wallet/v1/direct-user/function-call-key/status": { get: getDirectUserKeyStatus },
    "/wallet/v1/direct-user/function-call/execute": {
      post: execute({
        operationId: "executeDirectUserCall",
        tag: tags.directUser,
        summary: "Make one call of the user's own key",
        description:
          "Checks policy, looks at the key and at the count, has the call signed, writes it down, and only then sends it. The record proves that the user is the caller: the transaction's signer, its receipt, and the count before and after. Under one idempotency key it counts once.",
        body: jsonContent("DirectUserCallRequest", callExamples),
        records: directUserRecords,
      }),
    },
    "/wallet/v1/direct-user/function-call/{request_id}": {
      get: getRecord("getDirectUserCall", tags.directUser, "Read a direct-user call", directUserRecords),
    },
    "/wallet/v1/accounts/{account_id}": { get: getAccount },
    "/wallet/v1/accounts/{account_id}/stale-keys": { get: getStaleKeys },
    "/wallet/v1/accounts/derive": { post: deriveAccount },
    "/wallet/v1/quotes": { post: getQuotes },
    "/wallet/v1/preflight": { get: getPreflight },
    ...sessionPaths,
    ...servicePaths,
  };
}

const planWorkflow: Operation = {
  operationId: "planWorkflow",
  tags: [tags.workflows],
  summary: "Plan a workflow",
  description:
    "Says what executing these steps would come to: which lane carries each, and what is missing. Checks no policy, signs nothing, writes nothing. A plan that is not accepted is 200 all the same.",
  security: walletSecurity,
  requestBody: { required: true, content: workflowBody },
  responses: {
    "200": { description: "The plan.", headers: rateLimits, content: jsonContent("Plan", planExamples) },
    ...errors(["BadRequest", "Unauthorized", "Forbidden", ...bodyErrors, ...anyErrors]),
  },
};

const preflightWorkflow: Operation = {
  operationId: "preflightWorkflow",
  tags: [tags.preflight],
  summary: "Would a workflow succeed now",
  description:
    "Plans the steps, and makes every check that executing them depends on: gate and operator, the wallet's tokens and keys, a dry run of its policy, and a simulation in the verifier. Nothing is recorded, reserved or sent, and what is signed for the simulation can never be executed: each payload also asks for a token that nobody can issue. A plan that is not executable comes back with the check `plan` alone, and nothing is asked of the keystore. 200 whatever it says.",
  security: walletSecurity,
  requestBody: { required: true, content: workflowBody },
  responses: {
    "200": {
      description: "What was found.",
      headers: rateLimits,
      content: jsonContent("Preflight", workflowPreflights),
    },
    ...errors(["BadRequest", "Unauthorized", "Forbidden", ...bodyErrors, ...anyErrors]),
  },
};

const prepareDirectUserKey: Operation = {
  operationId: "prepareDirectUserKey",
  tags: [tags.directUser],
  summary: "Derive a user's key",
  description:
    "Derives the key of a scope, and says with which command the user installs and removes it. Writes nothing; the same scope always has the same key.",
  security: walletSecurity,
  requestBody: { required: true, content: jsonContent("DirectUserScope", scopeExamples) },
  responses: {
    "200": { description: "The key.", headers: rateLimits, content: jsonContent("DirectUserKey", keyExamples) },
    ...errors(["BadRequest", "Unauthorized", "Forbidden", ...bodyErrors, ...anyErrors]),
  },
};

const getDirectUserKeyStatus: Operation = {
  operationId: "getDirectUserKeyStatus",
  tags: [tags.directUser],
  summary: "Is a user's key installed",
  description:
    "Looks at a final block whether the key is on the user's account for exactly this scope, with an allowance that is finite and pays for a call.",
  security: walletSecurity,
  parameters: parameters("UserId", "RegistryId", "ReceiverId", "MethodNames"),
  responses: {
    "200": {
      description: "What was found.",
      headers: rateLimits,
      content: jsonContent("DirectUserKeyStatus", keyStatusExamples),
    },
    ...errors(["BadRequest", "Unauthorized", "Forbidden", ...anyErrors]),
  },
};

const getAccount: Operation = {
  operationId: "getAccount",
  tags: [tags.accounts],
  summary: "Read an account",
  description:
    "An account, anybody's, as the verifier and NEAR have it at final blocks: its kind, its keys and where they stand, and its balances in the verifier where tokens are named. `registration` is the one transaction by which the account registers a key, where it needs one.",
  security: walletSecurity,
  parameters: parameters("AccountId", "PublicKey", "TokenId"),
  responses: {
    "200": { description: "As it was found.", headers: rateLimits, content: jsonContent("Account", accountExamples) },
    ...errors(["BadRequest", "Unauthorized", ...anyErrors]),
  },
};

const getStaleKeys: Operation = {
  operationId: "getStaleKeys",
  tags: [tags.accounts],
  summary: "Which keys of an account are stale",
  description:
    "Keys that the verifier takes for the account although the NEAR account, which could hold them, does not give them full access: whoever has one controls the account in the verifier. Each with the ways to remove it. A key that was registered for the verifier alone shows here too; a P-256 key never does, for NEAR has none.",
  security: walletSecurity,
  parameters: parameters("AccountId"),
  responses: {
    "200": {
      description: "What was found.",
      headers: rateLimits,
      content: jsonContent("StaleKeys", staleKeyExamples),
    },
    ...errors(["BadRequest", "Unauthorized", ...anyErrors]),
  },
};

const deriveAccount: Operation = {
  operationId: "deriveAccount",
  tags: [tags.accounts],
  summary: "Which account has a key",
  description:
    "The implicit account of a key, which belongs to whoever holds the key and needs no registration: for Ed25519 NEAR's, the key in hex; for secp256k1 and P-256 `0x` and the last 20 bytes of Keccak-256. Asks nobody.",
  security: walletSecurity,
  requestBody: { required: true, content: jsonContent("PublicKeyRequest", publicKeyExamples) },
  responses: {
    "200": { description: "The account.", content: jsonContent("DerivedAccount", derivedExamples) },
    ...errors(["BadRequest", "Unauthorized", ...bodyErrors, ...anyErrors]),
  },
};

const getQuotes: Operation = {
  operationId: "getQuotes",
  tags: [tags.quotes],
  summary: "Ask what a swap would bring",
  description:
    "Asks every source that the operator has configured at once, for a swap of the wallet's within the verifier. 1Click's quotes come with the step of a workflow that takes them, after the same checks that the plan of the step makes, and for a session with what its account signs; the message bus gives prices to look at. Signs nothing and writes nothing. 200 whatever the sources answer: `failures` names those that gave no quote.",
  security: walletSecurity,
  requestBody: { required: true, content: jsonContent("QuoteRequest", quoteRequestExamples) },
  responses: {
    "200": { description: "The quotes.", headers: rateLimits, content: jsonContent("Quotes", quotesExamples) },
    "404": noQuoteSource,
    ...errors(["BadRequest", "Unauthorized", ...bodyErrors, ...anyErrors]),
  },
};

const getPreflight: Operation = {
  operationId: "getPreflight",
  tags: [tags.preflight],
  summary: "Are gate and operator ready",
  description:
    "Makes every check of the gate, the operator's accounts and the keystore that any run depends on. The balances are held against one call of a chain of up to 3. Nothing is recorded, signed or sent. A check that cannot be made fails and says why. 200 whatever it says.",
  security: walletSecurity,
  responses: {
    "200": { description: "What was found.", headers: rateLimits, content: jsonContent("Preflight", gatePreflights) },
    ...errors(["Unauthorized", ...anyErrors]),
  },
};

const executeWorkflow = execute({
  operationId: "executeWorkflow",
  tag: tags.workflows,
  summary: "Execute a workflow",
  description:
    "Plans the steps, records them, checks policy, signs, submits through the gate, and collects the evidence. Answers as soon as the record has ended, or after the wait with the record as it is by then.",
  body: workflowBody,
  records: workflowRecords,
});

const cancelWorkflow: Operation = {
  operationId: "cancelWorkflow",
  tags: [tags.workflows],
  summary: "Cancel a workflow",
  description:
    "Asks that what has not happened yet does not happen; of any endpoint's record, and once is enough. Where nothing was submitted it ends as `cancelled` at once. Otherwise no chain is started any more, payloads that could still execute are made impossible, and calls that wait on the gate are rejected; what was done by then stays done. `step_outcomes` says of every step what became of it: `cancelled` is said only where none executed, else it is `failed`, or `succeeded` where the wish came too late. A call of a user's key can be cancelled only before it is sent. Answers as soon as the record has ended, or after the wait with the record as it is by then.",
  security: walletSecurity,
  parameters: parameters("RequestId", "Prefer"),
  responses: {
    "200": {
      description: "It has ended: the record says how.",
      headers: { "Preference-Applied": headerRef("PreferenceApplied") },
      content: jsonContent("WorkflowRecord", { ...cancelledRecords, ...workflowRecords.succeeded }),
    },
    "202": {
      description: "The wish is recorded, and something may still happen: follow it.",
      headers: {
        Location: headerRef("Location"),
        "Retry-After": headerRef("RetryAfter"),
        "Preference-Applied": headerRef("PreferenceApplied"),
      },
      content: jsonContent("WorkflowRecord", cancellingRecords),
    },
    ...errors(["Unauthorized", "NotFound", ...anyErrors]),
  },
};

const watchWorkflow: Operation = {
  operationId: "watchWorkflow",
  tags: [tags.workflows],
  summary: "Follow a workflow",
  description:
    "Streams every event of a record's log, from the first or from where you left off, and ends with the record. Works for sequential batches as well. Each event is `id:` its version, `event: progress`, and `data:` a `ProgressEvent` on one line. A comment every 15 seconds keeps the stream open. When the stream breaks, come back with the last id: nothing is lost or told twice. 204 tells a reader who has seen everything not to come back. (A browser's own `EventSource` cannot send the headers that prove a wallet; `fetch`, and clients made on it, can.)",
  security: walletSecurity,
  parameters: parameters("RequestId", "LastEventId", "After"),
  responses: {
    "200": {
      description: "The events. The data of each is a `ProgressEvent`.",
      content: {
        "text/event-stream": {
          schema: {
            type: "string",
            description: "Frames as the HTML standard has them; the data is a `ProgressEvent`.",
            contentMediaType: "application/json",
            contentSchema: schemaRef("ProgressEvent"),
          },
          examples: { resolved: { summary: "A step's dispatch is final", value: progressFrame } },
        },
      },
    },
    "204": { description: "The record has ended and you have seen it all." },
    ...errors(["BadWait", "Unauthorized", "NotFound", ...anyErrors]),
  },
};

/** A POST that opens a record. */
function execute(of: {
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly body: Named<MediaType>;
  readonly records: RecordExamples;
}): Operation {
  const applied = { "Preference-Applied": headerRef("PreferenceApplied") };
  const counted = { ...applied, ...rateLimits };
  const { records } = of;
  const reused = `idempotency key was already used with another request (request ${exampleRequestId})`;
  const approvalUsed = `approval of request ${exampleRequestId} was already used (request ${exampleOtherRequestId})`;
  return {
    operationId: of.operationId,
    tags: [of.tag],
    summary: of.summary,
    description: of.description,
    security: walletSecurity,
    parameters: parameters("IdempotencyKey", "XIdempotencyKey", "Prefer"),
    requestBody: { required: true, content: of.body },
    responses: {
      "200": {
        description: "It succeeded.",
        headers: counted,
        content: jsonContent("WorkflowRecord", records.succeeded),
      },
      "202": {
        description: "It is in progress: follow it.",
        headers: { Location: headerRef("Location"), "Retry-After": headerRef("RetryAfter"), ...counted },
        content: jsonContent("WorkflowRecord", records.inProgress),
      },
      "400": {
        description:
          "It was refused, or ended without full success: the record says how far it came. Or the request cannot be read, and there is no record.",
        headers: applied,
        content: problemContent({
          ...records.failed,
          unreadable: errorExample(
            400,
            "A field of the wrong type",
            "invalid workflow JSON: steps[0].amount must be a string",
          ),
          approval: errorExample(
            400,
            "An approval of something else",
            "approval_info.request_hash is not the approval digest of this request",
          ),
        }),
      },
      "409": {
        description:
          "It was planned, and cannot be executed here yet: the record says what to do first. Or the idempotency key or the approval was used with another request.",
        headers: applied,
        content: problemContent({
          ...records.conflict,
          reused: errorExample(409, "The key was used with another request", reused, exampleRequestId),
          approval_used: errorExample(409, "The approval was already used", approvalUsed, exampleOtherRequestId),
        }),
      },
      ...errors(["Unauthorized", "Forbidden", ...bodyErrors, ...anyErrors]),
    },
  };
}

function getRecord(operationId: string, tag: string, summary: string, records: RecordExamples): Operation {
  return {
    operationId,
    tags: [tag],
    summary,
    description:
      "The record as it is, or after a wait as it is then. 200 whatever its status. A record of any endpoint is found here.",
    security: walletSecurity,
    parameters: parameters("RequestId", "Wait", "IfNoneMatch"),
    responses: {
      "200": {
        description: "The record.",
        headers: { ETag: headerRef("ETag") },
        content: jsonContent("WorkflowRecord", { ...records.succeeded, ...records.inProgress }),
      },
      "304": {
        description: "The record is the one that `If-None-Match` names.",
        headers: { ETag: headerRef("ETag") },
      },
      ...errors(["BadWait", "Unauthorized", "NotFound", ...anyErrors]),
    },
  };
}

function jsonContent(schema: string, examples: MediaType["examples"]): Named<MediaType> {
  return { "application/json": { schema: schemaRef(schema), examples } };
}

/** Bodies with a record, and without. */
function problemContent(examples: MediaType["examples"]): Named<MediaType> {
  const schema = { anyOf: [schemaRef("RecordProblem"), schemaRef("Problem")] };
  return { "application/problem+json": { schema, examples } };
}

function parameters(...names: ParameterName[]) {
  return names.map(parameterRef);
}

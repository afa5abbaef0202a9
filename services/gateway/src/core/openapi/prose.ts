import {
  httpCodeOfStatus,
  maxJsonDepth,
  maxJsonValues,
  maxKeyLength,
  maxListItems,
  type Status,
  statuses,
} from "@outlayer/workflow";
import { maxGetWaitSecs, maxPostWaitSecs } from "../wait.ts";

export const tags = {
  workflows: "Workflows",
  batches: "Sequential batches",
  directUser: "Direct user",
  accounts: "Accounts",
  quotes: "Quotes",
  preflight: "Preflight",
  signingIn: "Signing in",
  service: "Service",
} as const;

export const tagDescriptions: { readonly [T in (typeof tags)[keyof typeof tags]]: string } = {
  Workflows:
    "Steps in the order in which they must happen. Plan them to see what would come of it, execute them, and follow the record.",
  "Sequential batches": "One to three explicit calls through the gate, for callers that do the planning themselves.",
  "Direct user":
    "One call that truly comes from the user: signed with a key on the user's own account, for one contract and one method, without deposit. Prepare the key and have the user install it, then execute. Only scopes that the operator allows are taken.",
  Accounts:
    "How the verifier sees an account, and which keys act for it there. The verifier keeps keys of its own: a key that was deleted on NEAR goes on controlling the account in the verifier until it is removed there too.",
  Quotes:
    "What a swap of the wallet's would bring, as the sources say that the operator has configured. A quote with a `step` is taken by executing that step: it holds the signed quote, and the plan refuses the step where the two differ.",
  Preflight:
    "Ask without any risk whether the next run would succeed. Each check is `blocking` (a run would fail), `waiting` (a run would wait, and fail only after a while) or `advisory`. `ready` says that no blocking and no waiting check fails; `abort_reasons` names those that do.",
  "Signing in":
    "A person signs a challenge with a key of an account, and gets a session: a token for a quarter of an hour that acts for the wallet `account:<account id>`. It reads, follows and cancels that wallet's workflows and reads accounts, and it never has anything signed by a keystore. 404 where the operator has not turned signing in on.",
  Service: "About the service itself. No authentication.",
};

const meanings: { readonly [S in Status]: string } = {
  planned: "planned and recorded",
  policy_checking: "the wallet's policy is asked",
  queued: "waits, before anything of it is submitted; `queue` says for what",
  signing: "its payloads and delegates are being signed",
  submitting: "its calls are on their way to the gate",
  submitted: "the gate has them all",
  resuming: "the gate is told to dispatch them",
  dispatching: "the gate dispatches them, one after the other",
  settling: "it does not go on, and what was signed for it may still execute: do not repeat it yet",
  succeeded: "every dispatch succeeded on chain",
  requires_funding_setup: "planned; something has to be funded first",
  requires_direct_user_setup: "planned; the user's own key has to make a call",
  requires_approval: "the wallet's policy wants more approvers",
  cancelled: "its caller withdrew it; nothing of it executed or can",
  rejected: "the plan refused it; nothing was checked or signed",
  policy_denied: "policy refused it; nothing was sent",
  failed: "it ended without full success; the record says how far it came, step by step",
};

/** The introduction of the API, in CommonMark. */
export function introduction(executeWaitSecs: number): string {
  return `Send a list of steps, and the coordinator carries them out on NEAR in exactly that order, through a sequencing gate. It records the request before anything is checked, signed or sent, and keeps the evidence of everything that happened.

JSON in, JSON out. Amounts, gas and ids are decimal strings; every field of an answer is always present, and null where it has nothing to say. Fields that you send and we do not know are kept with the record and ignored.

A body has at most 256 KiB, ${maxJsonValues} values (objects, arrays, texts, numbers and literals, counted together), ${maxJsonDepth} levels, keys of ${maxKeyLength} characters, and lists of ${maxListItems} steps, calls or views. Another one is refused before anything is planned: 413 for its size, else 400 with the place. Ids of requests are UUIDs, in either case.

## First request

Set the address of the gateway and your key once: every example on this page uses them. Planning shows what would come of a workflow, and changes nothing.

\`\`\`
export GATEWAY=http://127.0.0.1:8080
export WALLET_KEY=wk_…
curl "$GATEWAY/wallet/v1/workflows/plan" \\
  -H "Authorization: Bearer $WALLET_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"steps":[{"kind":"intents.transfer","token":"wrap.near","amount":"1","receiver_id":"mike.near"}]}'
\`\`\`

Send the same body to \`/wallet/v1/workflows/execute\` and it happens.

## Authentication

Every \`/wallet/v1\` call, but for those by which an account signs in, acts for one wallet and proves it in one of three ways. Where the first is sent with another, the first counts.

| who | headers |
| --- | --- |
| workers on a WASI host | \`X-Wallet-Id: <wallet id>\` and \`X-Internal-Wallet-Auth: <token>\` |
| holders of a key | \`Authorization: Bearer wk_…\`, an API key that stands for a wallet |
| accounts that [signed in](#signing-in) | \`Authorization: Bearer <JWT>\`, a session's token |

A record of another wallet is 404, as if it had never been. No request may carry signing material: a key such as \`private_key\` at any depth is refused.

## Idempotency

Give every request that you may have to repeat a key: in the body as \`idempotency_key\`, or as header \`Idempotency-Key\` or \`X-Idempotency-Key\`. A header may be a string of structured fields (RFC 8941), which counts as its content: \`"pay-77"\` and \`pay-77\` are one key. Quotes at the beginning that close nothing are 400.

- The same key with the same body finds the same record, whatever state it is in. Nothing is checked, signed or sent twice.
- The same key with another body is 409.
- Without a key we make one and return it. Such a request is one-shot: do not repeat it when you got no answer.

## Approvals

A request that ends in \`requires_approval\` says how many approvals the wallet's policy asks for, and the hash that its approvers approve: \`approval: {required_approvals, request_hash}\`. Once they have, send the same body again under a new key with \`approval_info: {request_id, approver_ids, request_hash}\`. It is accepted only with the internal token, and only where both bodies have that hash. An approval is used up once, and never lifts a denial.

## When a step fails

The steps run as one chain, which goes on past a step that fails on chain. With \`"on_failure": "halt"\` each step runs only once the one before it has succeeded, and the rest is rejected after a failure. Every step then costs the gate's fee for one call; a plan shows fee, gas and time of either. Such a workflow waits for no turn on the gate. One that does not mind says \`"ordering": "any"\`.

## Quotas

What a wallet may use up is limited: open workflows, starts an hour, plans and preflights a minute, and what the operator pays for it in fees and gas a UTC day. Where a quota is used up the answer is 429: nothing was recorded, the idempotency key stays free, \`quota\` names it, \`Retry-After\` says when to try again. A repeated key is never counted. Answers that were counted say in \`RateLimit\` what is left. How much a wallet may have in flight at once (\`requests_in_flight\`, \`long_polls\`, \`event_streams\`) is limited as well; an event stream ends after a quarter of an hour, and its reader comes back with the last id.

## Waiting

A POST waits ${executeWaitSecs} seconds for its record to end, so that refusals come back at once. \`Prefer: wait=N\` asks for another wait, up to ${maxPostWaitSecs}. After it you get 202 with \`Location\` and \`Retry-After\`, and the same in the body as \`status_url\` and \`retry_after_ms\`. From then on read the record, with \`?wait=N\` up to ${maxGetWaitSecs} to be told as soon as it changes, or follow its events.

## Statuses

| status | meaning | code of the POST |
| --- | --- | --- |
${statuses.map((status) => `| \`${status}\` | ${meanings[status]} | ${httpCodeOfStatus[status]} |`).join("\n")}

A GET that finds the record is 200 whatever its status.

## Errors

Every error is \`application/problem+json\` (RFC 9457). Its \`message\`, and \`error\`, which is the same, is a sentence that a user can act on. An error that has a record carries all of it: its \`status\` is then the record's, and the message names the request. A path that is not here is 404, and another method than those shown is 405 with \`Allow\`.`;
}

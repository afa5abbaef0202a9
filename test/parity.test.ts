import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { type Service, unavailable } from "@outlayer/kit";
import { install, scope } from "./support/direct-user.ts";
import {
  type Ask,
  type Asked,
  type CallName,
  masked,
  overGrpc,
  overRest,
  type PlainClients,
  plainClients,
} from "./support/parity.ts";
import { call, walletMetadata } from "./support/plain-grpc.ts";
import { wideQuotas } from "./support/product-environment.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { dust, registerStep, setRegister, transfer } from "./support/steps.ts";
import { apiKey, internalToken, type System, startSystem } from "./support/system.ts";

/** The headers, or metadata, of a worker that acts for a wallet. */
const worker = (walletId = "wallet-1") => ({ "x-wallet-id": walletId, "x-internal-wallet-auth": internalToken });
const withApiKey = { authorization: `Bearer ${apiKey}` };
/** Its policy allows no transfer of this size. */
const limited = worker("wallet-2");
/** Its policy wants two approvals. */
const approved = worker("wallet-3");
const gateId = "gate.sequential.near";
const unknownId = "0192f3c0-7c1e-7000-8000-0000000000ff";
const { OK, INVALID_ARGUMENT, UNAUTHENTICATED, NOT_FOUND, ALREADY_EXISTS, RESOURCE_EXHAUSTED, UNAVAILABLE } = status;

const json = (value: unknown) => JSON.stringify(value);
const steps = (...of: readonly unknown[]) => json({ steps: of });
const halting = (...of: readonly unknown[]) => json({ steps: of, on_failure: "halt" });
const batchOf = (change: object, call: object = setRegister(1)) => json({ gate_id: gateId, calls: [call], ...change });
const changed = (change: object) => batchOf({}, { ...setRegister(1), ...change });

interface Row {
  readonly name: string;
  /** Built anew for either way; `first` is what the row asks before. */
  readonly ask: (run: Run) => Asked | Promise<Asked>;
  readonly http: number;
  readonly code: number;
  /** Without the request's id at its end, where there is a record; undefined for a success. */
  readonly message?: string | RegExp;
  readonly reason?: string;
  /** `BadRequest`'s. */
  readonly field?: string;
  readonly quota?: string;
  /** The longest that `Retry-After` may say where it counts down, seconds; else both ways say the same. */
  readonly windowSecs?: number;
  /** Members of the record. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Both ways answer with the very same, ids and times included. */
  readonly same?: true;
  /** No block is made meanwhile. */
  readonly still?: true;
}

interface Run {
  /** Opens records beforehand. */
  readonly rest: Ask;
  /** The same for both ways of a row, and for no other row. */
  readonly key: string;
}

const balanceOfMike = {
  contract_id: "wrap.near",
  method_name: "ft_balance_of",
  args_json: { account_id: "mike.near" },
};
const calls = ["plan", "preflight", "execute", "batch"] as const satisfies readonly CallName[];
const asks = (of: Asked) => () => of;
const to = (call: (typeof calls)[number], body: string, headers: Asked["headers"] = worker()) =>
  asks({ call, body, headers });

/** The record of a workflow of wallet-1, the same for both ways. */
async function recordId({ rest, key }: Run, body = steps(dust)): Promise<string> {
  const { answer } = await rest({ call: "execute", body, keys: [key], headers: worker() });
  assert.ok(answer !== undefined && "request_id" in answer);
  return String(answer.request_id);
}

const ambiguous = "ambiguous normal calls must be classified before policy checks or signing";
const funding = { kind: "funding.wrap_near", amount: "1" };
const directUser = {
  kind: "near.function_call",
  receiver_id: "pool.near",
  method_name: "withdraw",
  predecessor_requirement: "user_required",
};

const answers: readonly Row[] = [
  {
    name: "a plan that halts at a failure",
    ask: to("plan", halting(dust, registerStep(1))),
    http: 200,
    code: OK,
    same: true,
  },
  {
    name: "a plan of steps that carry what intents know, and of fields that are null",
    ask: to(
      "plan",
      steps(
        { ...dust, memo: "rent", msg: "{}", min_gas: "30000000000000", deadline: "2030-01-01T00:00:00Z" },
        { ...dust, memo: null, msg: null, min_gas: null, deadline: null, gas: null, gate_batch: null },
      ),
    ),
    http: 200,
    code: OK,
    same: true,
  },
  {
    name: "a plan of a step with a field that it cannot carry",
    ask: to("plan", steps({ ...dust, deposit_memo: "1" })),
    http: 200,
    code: OK,
    same: true,
  },
  { name: "a plan that is accepted", ask: to("plan", steps(dust, registerStep(1))), http: 200, code: OK, same: true },
  {
    name: "a plan that is not accepted",
    ask: to("plan", steps({ receiver_id: "count.mike.near", method_name: "increase" })),
    http: 200,
    code: OK,
    same: true,
  },
  {
    name: "a preflight of gate and operator",
    ask: asks({ call: "preflight", headers: worker() }),
    http: 200,
    code: OK,
    same: true,
    still: true,
  },
  {
    name: "a preflight of a workflow",
    ask: to("preflight", steps(dust)),
    http: 200,
    code: OK,
    same: true,
    still: true,
  },
  {
    name: "a preflight of a workflow that would fail",
    ask: to("preflight", steps(transfer("999999999999999999999999999999"))),
    http: 200,
    code: OK,
    same: true,
    still: true,
  },
  {
    name: "a workflow that succeeds",
    ask: to("execute", steps(dust, dust)),
    http: 200,
    code: OK,
    record: { status: "succeeded", balance_deltas: { "nep141:wrap.near:intents": "-2000000000000000000" } },
  },
  {
    name: "a workflow for an API key",
    ask: to("execute", steps(dust), withApiKey),
    http: 200,
    code: OK,
    record: { status: "succeeded", wallet_id: "wallet-1" },
  },
  {
    name: "a workflow that is rejected",
    ask: to("execute", steps({ receiver_id: "count.mike.near", method_name: "increase" })),
    http: 400,
    code: OK,
    message: ambiguous,
    record: { status: "rejected", error_code: "planner_rejected" },
  },
  {
    name: "a workflow that policy denies",
    ask: to("execute", steps(dust), limited),
    http: 400,
    code: OK,
    message: `policy denied before signing: Per-transaction limit exceeded for ${dust.token}: ${dust.amount} > 5`,
    record: { status: "policy_denied" },
  },
  {
    name: "a workflow that wants approvals",
    ask: to("execute", steps(dust), approved),
    http: 409,
    code: OK,
    message: "the wallet's policy requires 2 approvals for this workflow",
    record: { status: "requires_approval" },
  },
  {
    name: "a workflow that wants funding first",
    ask: to("execute", steps(funding)),
    http: 409,
    code: OK,
    message: /POST \/wallet\/v1\/call/,
    record: { status: "requires_funding_setup" },
  },
  {
    name: "a workflow that wants the user first",
    ask: to("execute", steps(directUser)),
    http: 409,
    code: OK,
    message: /./,
    record: { status: "requires_direct_user_setup" },
  },
  {
    name: "a workflow with a field that its step cannot carry",
    ask: to("execute", steps({ ...dust, deposit_memo: "1" })),
    http: 400,
    code: OK,
    message: "steps[0].deposit_memo is not supported on intents.transfer steps",
    record: { status: "rejected", error_code: "planner_rejected" },
  },
  {
    name: "a workflow without the tokens",
    ask: to("execute", steps(dust, transfer("999999999999999999999999999999"))),
    http: 400,
    code: OK,
    message: /^step 2 of 2 moves 999999999999999999999999999999 of nep141:wrap.near, but only \d+ would be left/,
    record: { status: "failed", error_code: "insufficient_balance" },
  },
  {
    name: "a workflow that goes step by step",
    ask: to("execute", halting(dust, registerStep(1))),
    http: 200,
    code: OK,
    record: { status: "succeeded", ordering_model: "gate_stepwise", resume_tx_hash: null },
  },
  {
    name: "a batch that succeeds",
    ask: to("batch", batchOf({ post_batch_view_checks: [balanceOfMike] })),
    http: 200,
    code: OK,
    record: { status: "succeeded", endpoint: "sequential_batch" },
  },
  {
    name: "a request that is sent again",
    async ask({ rest, key }) {
      const again = { call: "execute", body: steps(dust), keys: [key], headers: worker() } as const;
      await rest(again);
      return again;
    },
    http: 200,
    code: OK,
    record: { status: "succeeded" },
    same: true,
  },
  {
    name: "a record",
    ask: async (run) => ({ call: "record", id: await recordId(run), headers: worker() }),
    http: 200,
    code: OK,
    record: { status: "succeeded" },
    same: true,
  },
  {
    name: "the record of a batch",
    async ask({ rest, key }) {
      const { answer } = await rest({ call: "batch", body: batchOf({}), keys: [key], headers: worker() });
      assert.ok(answer !== undefined && "request_id" in answer);
      return { call: "batch_record", id: String(answer.request_id), headers: worker() };
    },
    http: 200,
    code: OK,
    record: { status: "succeeded", endpoint: "sequential_batch" },
    same: true,
  },
  {
    name: "the events of a workflow",
    ask: async (run) => ({ call: "events", id: await recordId(run), headers: worker() }),
    http: 200,
    code: OK,
    same: true,
  },
];

const refusedBatches: readonly [body: string, message: string][] = [
  [batchOf({ gate_id: "" }), "gate_id is required"],
  [batchOf({ gate_id: "gate.other.near" }), `gate_id must be ${gateId}`],
  [batchOf({ calls: [] }), "sequential batch requires 1 to 3 calls"],
  [batchOf({ calls: Array(4).fill(setRegister(1)) }), "sequential batch requires 1 to 3 calls"],
  [changed({ receiver_id: "" }), "calls[0].receiver_id is required"],
  [changed({ method_name: "" }), "calls[0].method_name is required"],
  [changed({ gas: "0" }), "calls[0].gas must be non-zero"],
  [changed({ deposit: "x" }), "calls[0].deposit must be a decimal string"],
  [
    changed({ requires_user_predecessor: true }),
    "calls[0] requires user predecessor, which the gate proxy cannot satisfy",
  ],
  [changed({ args_base64: "" }), "calls[0] must include exactly one of args_base64, args_json, or near_intents"],
  [
    changed({ args_json: null, near_intents: { intents: [] } }),
    "calls[0].near_intents requires intents.near.execute_intents with zero deposit",
  ],
  [
    batchOf({ post_batch_view_checks: [{ contract_id: "register.near", method_name: "" }] }),
    "post_batch_view_checks[0].method_name is required",
  ],
];

const batches = refusedBatches.map(
  ([body, message]): Row => ({
    name: `a batch: ${message}`,
    ask: to("batch", body),
    http: 400,
    code: OK,
    message,
    record: { status: "rejected", error_code: "planner_rejected" },
  }),
);

/** What no body may be, wherever one is taken. */
const unreadable: readonly (Pick<Row, "name" | "message" | "field"> & {
  readonly body: string;
  readonly reason?: string;
})[] = [
  { name: "no body", body: "", message: "invalid workflow JSON: value expected at line 1 column 1" },
  { name: "no JSON", body: '{"steps": [,]}', message: /^invalid workflow JSON: .* at line 1 column 12$/ },
  { name: "no object", body: "[]", message: "invalid workflow JSON: the document must be an object at $" },
  {
    name: "a big integer",
    body: '{"steps":[],"calls":[],"note":[9007199254740993]}',
    message: "invalid workflow JSON: integer beyond 2^53 at $.note[0]",
    field: "note[0]",
  },
  {
    name: "a duplicate key",
    body: '{"steps":[],"steps":[]}',
    message: "invalid workflow JSON: duplicate key at $.steps",
    field: "steps",
  },
  {
    name: "a duplicate key that gRPC has to escape",
    body: '{"100% ä":1,"100% ä":2}',
    message: 'invalid workflow JSON: duplicate key at $["100% ä"]',
    field: '["100% ä"]',
  },
  {
    name: "signing material",
    body: '{"steps":[{"note":{"private_key":"x"}}]}',
    message: "wallet workflow must not include raw signing field private_key at $.steps[0].note",
    field: "steps[0].note.private_key",
    reason: "SIGNING_FIELD",
  },
];

const bodies = calls.flatMap((one) => [
  ...unreadable.map(
    ({ body, reason = "INVALID_JSON", name, ...expected }): Row => ({
      ...expected,
      name: `${one}: ${name}`,
      ask: to(one, body),
      http: 400,
      code: INVALID_ARGUMENT,
      reason,
    }),
  ),
  {
    name: `${one}: over 256 KiB`,
    ask: to(one, " ".repeat(256 * 1024 + 1)),
    http: 413,
    code: RESOURCE_EXHAUSTED,
    message: "the body must be at most 262144 bytes",
    reason: "BODY_TOO_LARGE",
  },
]);

const mistyped: readonly Row[] = [
  ...(["plan", "preflight", "execute"] as const).map((one) => ({
    name: `${one}: a number for an amount`,
    ask: to(one, steps({ ...dust, amount: 1 })),
    message: "invalid workflow JSON: steps[0].amount must be a string",
    field: "steps[0].amount",
  })),
  {
    name: "batch: a number for gas",
    ask: to("batch", changed({ gas: 1 })),
    message: "invalid workflow JSON: calls[0].gas must be a string",
    field: "calls[0].gas",
  },
  {
    name: "a workflow that wants something else after a failure",
    ask: to("execute", json({ steps: [dust], on_failure: "stop" })),
    message: "invalid workflow JSON: on_failure must be one of continue, halt",
    field: "on_failure",
  },
  {
    name: "batch: no gate",
    ask: to("batch", json({ calls: [] })),
    message: "invalid workflow JSON: gate_id is required",
    field: "gate_id",
  },
].map((row) => ({ ...row, http: 400, code: INVALID_ARGUMENT, reason: "INVALID_JSON" }));

const keys: readonly Row[] = (["execute", "batch"] as const).flatMap((one) => {
  const body = one === "execute" ? steps(funding) : batchOf({ calls: [] });
  return [
    {
      name: `${one}: a key that was used with another body`,
      async ask({ rest, key }: Run) {
        await rest({ call: one, body, keys: [key], headers: worker() });
        const other = json({ ...JSON.parse(body), note: "another" });
        return { call: one, body: other, keys: [key], headers: worker() };
      },
      http: 409,
      code: ALREADY_EXISTS,
      message: /^idempotency key was already used with another request \(request [0-9a-f-]{36}\)$/,
      reason: "IDEMPOTENCY_KEY_REUSED",
      same: true as const,
    },
    {
      name: `${one}: a key as a structured string, used with another body as plain text`,
      async ask({ rest, key }: Run) {
        await rest({ call: one, body, keys: [key], headers: worker() });
        const other = json({ ...JSON.parse(body), note: "another" });
        return { call: one, body: other, keys: [`"${key}"`], headers: worker() };
      },
      http: 409,
      code: ALREADY_EXISTS,
      message: /^idempotency key was already used with another request \(request [0-9a-f-]{36}\)$/,
      reason: "IDEMPOTENCY_KEY_REUSED",
      same: true as const,
    },
    {
      name: `${one}: a key with quotes that close nothing`,
      ask: asks({ call: one, body, keys: ['"a'], headers: worker() }),
      http: 400,
      code: INVALID_ARGUMENT,
      message: "Idempotency-Key begins with a quote and is not a string of structured fields (RFC 8941)",
      reason: "IDEMPOTENCY_KEY_INVALID",
      field: "idempotency_key",
    },
    {
      name: `${one}: keys that differ`,
      ask: asks({ call: one, body, keys: ["a", "b"], headers: worker() }),
      http: 400,
      code: INVALID_ARGUMENT,
      message: "idempotency keys differ: the body and the headers must give the same one",
      reason: "IDEMPOTENCY_KEYS_DIFFER",
      field: "idempotency_key",
    },
    {
      name: `${one}: a key that is none`,
      ask: to(one, json({ ...JSON.parse(body), idempotency_key: "ä" })),
      http: 400,
      code: INVALID_ARGUMENT,
      message: "idempotency_key must be 1 to 255 printable ASCII characters",
      reason: "IDEMPOTENCY_KEY_INVALID",
      field: "idempotency_key",
    },
  ];
});

const info = { request_id: unknownId, approver_ids: ["ann", "bob"], request_hash: "0".repeat(64) };
const approvals: readonly Row[] = (["execute", "preflight"] as const).flatMap((one) =>
  [
    {
      name: `${one}: approval_info with an API key`,
      ask: to(one, json({ steps: [dust], approval_info: info }), withApiKey),
      message: "approval_info is accepted only with the internal token",
      field: "approval_info",
    },
    {
      name: `${one}: approval_info of something else`,
      ask: to(one, json({ steps: [dust], approval_info: info })),
      message: "approval_info.request_hash is not the approval digest of this request",
      field: "approval_info.request_hash",
    },
  ].map((row) => ({ ...row, http: 400, code: INVALID_ARGUMENT, reason: "APPROVAL_INVALID" })),
);

const cancels: readonly Row[] = [
  {
    name: "a workflow that succeeded: too late, and left as it is",
    ask: async (run) => ({ call: "cancel", id: await recordId(run), headers: worker() }),
    http: 200,
    code: OK,
    record: { status: "succeeded", cancel_requested: false },
    same: true,
  },
  {
    name: "a workflow by its id in upper case",
    ask: async (run) => ({ call: "cancel", id: (await recordId(run)).toUpperCase(), headers: worker() }),
    http: 200,
    code: OK,
    record: { status: "succeeded", cancel_requested: false },
    same: true,
  },
  {
    name: "a workflow that never ran",
    ask: async (run) => ({ call: "cancel", id: await recordId(run, steps(funding)), headers: withApiKey }),
    http: 200,
    code: OK,
    record: { status: "requires_funding_setup", cancel_requested: false },
    same: true,
  },
];

const notFound: readonly Row[] = [
  {
    name: "record: an id that never was",
    ask: asks({ call: "record", id: unknownId, headers: worker() }),
    message: `workflow request ${unknownId} was not found`,
  },
  {
    name: "record: an id that cannot be",
    ask: asks({ call: "record", id: "nonsense", headers: worker() }),
    message: "workflow request nonsense was not found",
  },
  {
    name: "batch record: an id that never was",
    ask: asks({ call: "batch_record", id: unknownId, headers: worker() }),
    message: `sequential batch request ${unknownId} was not found`,
  },
  {
    name: "cancel: an id that never was",
    ask: asks({ call: "cancel", id: unknownId, headers: worker() }),
    message: `workflow request ${unknownId} was not found`,
  },
  {
    name: "cancel: an id that cannot be",
    ask: asks({ call: "cancel", id: "nonsense", headers: worker() }),
    message: "workflow request nonsense was not found",
  },
  {
    name: "events: an id that never was",
    ask: asks({ call: "events", id: unknownId, headers: worker() }),
    message: `workflow request ${unknownId} was not found`,
  },
  {
    name: "record: another wallet's",
    ask: async (run: Run) =>
      ({ call: "record", id: await recordId(run, steps(funding)), headers: worker("wallet-2") }) as const,
    message: /^workflow request [0-9a-f-]{36} was not found$/,
  },
  {
    name: "cancel: another wallet's",
    ask: async (run: Run) =>
      ({ call: "cancel", id: await recordId(run, steps(funding)), headers: worker("wallet-2") }) as const,
    message: /^workflow request [0-9a-f-]{36} was not found$/,
  },
  {
    name: "events: another wallet's",
    ask: async (run: Run) =>
      ({ call: "events", id: await recordId(run, steps(funding)), headers: worker("wallet-2") }) as const,
    message: /^workflow request [0-9a-f-]{36} was not found$/,
  },
].map((row) => ({ ...row, http: 404, code: NOT_FOUND, reason: "REQUEST_NOT_FOUND" }));

const wrongCredentials: readonly [name: string, headers: Asked["headers"], message: string, reason: string][] = [
  [
    "no credentials",
    {},
    "authentication is required: X-Wallet-Id with X-Internal-Wallet-Auth, or Authorization: Bearer wk_...",
    "CREDENTIALS_MISSING",
  ],
  [
    "a wallet without a token",
    { "x-wallet-id": "wallet-1" },
    "X-Internal-Wallet-Auth is required with X-Wallet-Id",
    "CREDENTIALS_MISSING",
  ],
  [
    "a token without a wallet",
    { "x-internal-wallet-auth": internalToken },
    "X-Wallet-Id is required with X-Internal-Wallet-Auth",
    "CREDENTIALS_MISSING",
  ],
  [
    "a wrong token",
    { ...worker(), "x-internal-wallet-auth": "no" },
    "wallet authentication failed",
    "CREDENTIALS_WRONG",
  ],
  ["a wrong key", { authorization: "Bearer wk_of_nobody" }, "wallet authentication failed", "CREDENTIALS_WRONG"],
];
const credentials = wrongCredentials.flatMap(([name, headers, message, reason]) =>
  (
    [
      ...calls.map((one) => ({ call: one, body: steps(dust), headers })),
      ...(["record", "batch_record", "events", "cancel"] as const).map((one) => ({
        call: one,
        id: unknownId,
        headers,
      })),
    ] as const
  ).map(
    (asked): Row => ({
      name: `${asked.call}: ${name}`,
      ask: asks(asked),
      http: 401,
      code: UNAUTHENTICATED,
      message,
      reason,
    }),
  ),
);

const away: readonly Row[] = [
  {
    name: "execute: records are away, and the caller gave a key",
    ask: ({ key }) => ({ call: "execute", body: steps(funding), keys: [key], headers: worker() }),
    http: 503,
    code: UNAVAILABLE,
    message: "the request may not have been recorded: try again with the same idempotency key",
    reason: "PERHAPS_RECORDED",
  },
  {
    name: "batch: records are away, and the caller gave no key",
    ask: to("batch", batchOf({ calls: [] })),
    http: 503,
    code: UNAVAILABLE,
    message: /^the request may not have been recorded: look for request [0-9a-f-]{36} before you try again$/,
    reason: "PERHAPS_RECORDED",
  },
];

/** What is said of the record of a run, without what is only that run's. */
const withoutIds = (text: string) => text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "…");

const elsewhere = { ...scope, user_id: "elsewhere.near" };
const scopeText =
  'direct-user calls are allowed for this scope only: user_id mike.near, registry_id mike.sequential.near, receiver_id count.mike.near, method_names ["increase"]';

const directUserRows: readonly Row[] = [
  {
    name: "a key",
    ask: () => ({ call: "key", body: json(scope), headers: worker() }),
    http: 200,
    code: OK,
    same: true,
  },
  {
    name: "a key of another scope",
    ask: () => ({ call: "key", body: json(elsewhere), headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: scopeText,
    reason: "SCOPE_NOT_ALLOWED",
  },
  {
    name: "a scope that lacks a part",
    ask: () => ({ call: "key", body: json({ ...scope, user_id: undefined }), headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "invalid workflow JSON: user_id is required",
    reason: "INVALID_JSON",
    field: "user_id",
  },
  { name: "a key's status", ask: () => ({ call: "key_status", scope, headers: worker() }), http: 200, code: OK },
  {
    name: "the status of another scope's key",
    ask: () => ({ call: "key_status", scope: elsewhere, headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: scopeText,
    reason: "SCOPE_NOT_ALLOWED",
  },
  {
    name: "a call that counts",
    ask: () => ({ call: "direct", body: json(scope), headers: worker() }),
    http: 200,
    code: OK,
    record: { status: "succeeded", endpoint: "direct_user_function_call" },
  },
  {
    name: "a call whose key is not installed",
    ask: () => ({ call: "direct", body: json(scope), headers: limited }),
    http: 409,
    code: OK,
    message:
      "the key is not on mike.near: install it as POST /wallet/v1/direct-user/function-call-key/prepare says, then ask again under another idempotency key",
    record: { status: "requires_direct_user_setup" },
  },
  {
    name: "a call with a deposit",
    ask: () => ({ call: "direct", body: json({ ...scope, deposit: "1" }), headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: 'deposit must be "0": a scoped key cannot attach any',
    reason: "CALL_NOT_ALLOWED",
    field: "deposit",
  },
  {
    name: "a call with signing material",
    ask: () => ({ call: "direct", body: json({ ...scope, private_key: "x" }), headers: worker() }),
    http: 400,
    code: INVALID_ARGUMENT,
    message: "wallet workflow must not include raw signing field private_key at $",
    reason: "SIGNING_FIELD",
    field: "private_key",
  },
  {
    name: "a record of the lane that is not there",
    ask: () => ({ call: "direct_record", id: unknownId, headers: worker() }),
    http: 404,
    code: NOT_FOUND,
    message: `direct user function call request ${unknownId} was not found`,
    reason: "REQUEST_NOT_FOUND",
  },
  {
    name: "a key without credentials",
    ask: () => ({ call: "key", body: json(scope), headers: {} }),
    http: 401,
    code: UNAUTHENTICATED,
    message: /./,
    reason: "CREDENTIALS_MISSING",
  },
];

/** Wallets that may do nothing of a kind. */
const without = {
  "without-open": { open_workflows: 0 },
  "without-starts": { starts_per_hour: 0 },
  "without-plans": { plans_per_minute: 0 },
  "without-near": { operator_near_per_day: "0" },
};
const startingCalls: readonly Asked[] = [
  ...["without-open", "without-starts", "without-near"].flatMap((walletId) => [
    { call: "execute", body: steps(dust), headers: worker(walletId) } as const,
    { call: "batch", body: batchOf({}), headers: worker(walletId) } as const,
  ]),
  // The gas of a user's call is the user's.
  ...["without-open", "without-starts"].map(
    (walletId) => ({ call: "direct", body: json(scope), headers: worker(walletId) }) as const,
  ),
];
const planningCalls: readonly Asked[] = [
  { call: "plan", body: steps(dust), headers: worker("without-plans") },
  { call: "preflight", body: steps(dust), headers: worker("without-plans") },
  { call: "preflight", headers: worker("without-plans") },
  { call: "key", body: json(scope), headers: worker("without-plans") },
  { call: "key_status", scope, headers: worker("without-plans") },
];
const quotaOf: Readonly<Record<string, Pick<Row, "quota" | "message"> & { windowSecs?: number }>> = {
  "without-open": {
    quota: "open_workflows",
    message: "the wallet has 0 workflows that have not ended, which is its quota open_workflows: nothing was recorded",
  },
  "without-starts": {
    quota: "starts_per_hour",
    message:
      "the wallet has started 0 requests in this UTC hour, which is its quota starts_per_hour: nothing was recorded",
    windowSecs: 3_600,
  },
  "without-plans": {
    quota: "plans_per_minute",
    message:
      "the wallet has asked for 0 plans or preflights in this UTC minute, which is its quota plans_per_minute: nothing was recorded",
    windowSecs: 60,
  },
  "without-near": {
    quota: "operator_near_per_day",
    message:
      "what the wallet has cost the operator in this UTC day, with what its open workflows may cost, leaves too little of its quota operator_near_per_day (0 NEAR): nothing was recorded",
    windowSecs: 86_400,
  },
};
const quotas = [...startingCalls, ...planningCalls].map((asked): Row => {
  const walletId = asked.headers["x-wallet-id"] ?? "";
  const kind = asked.call === "preflight" && asked.body === undefined ? "preflight of gate and operator" : asked.call;
  return {
    name: `${kind}: a wallet ${walletId.replace("-", " ")} left`,
    ask: asks(asked),
    http: 429,
    code: RESOURCE_EXHAUSTED,
    reason: "QUOTA_EXCEEDED",
    ...quotaOf[walletId],
  };
});

describeShapes("REST and gRPC", (shape) => {
  let system: System;
  let clients: PlainClients;
  let recordsAway = false;
  let rows = 0;

  /** The evidence that the other services see takes no workflow while it is away. */
  const evidenceThatMayBeAway = (service: Service): Service => ({
    ...service,
    routes: {
      ...service.routes,
      register(router) {
        const register = (description: Parameters<typeof router.service>[0], methods: object) =>
          router.service(description, methods);
        const registering = Object.create(router, {
          service: {
            value: (description: Parameters<typeof router.service>[0], methods: Record<string, unknown>) => {
              if (description.typeName !== LogService.typeName) return register(description, methods);
              const openWorkflow = (...call: unknown[]) => {
                if (recordsAway) throw unavailable("away");
                return (methods.openWorkflow as (...call: unknown[]) => unknown)(...call);
              };
              return register(description, { ...methods, openWorkflow });
            },
          },
        });
        service.routes.register(registering);
      },
    },
  });

  before(async () => {
    system = await startSystem({
      shape,
      environment: { WALLET_QUOTAS_JSON: JSON.stringify({ ...JSON.parse(wideQuotas), ...without }) },
      ...(shape === "embedded" ? { wrap: { evidence: evidenceThatMayBeAway } } : {}),
    });
    clients = plainClients(system);
    const { wallets } = system.devnet.controls;
    wallets.setPolicy("wallet-2", { rules: { limits: { per_transaction: { [dust.token]: "5" } } } });
    const approvers = ["ann", "bob"].map((id) => ({ id, role: "signer" }));
    wallets.setPolicy("wallet-3", { rules: {}, approval: { threshold: { required: 2 }, approvers } });
    await install(system, { allowance: 10n ** 24n });
  });
  after(async () => {
    clients.close();
    await system.stop();
  });

  async function whileStill<T>(act: () => Promise<T>): Promise<T> {
    const { blocks } = system.devnet.controls;
    blocks.stop();
    try {
      return await act();
    } finally {
      blocks.go();
    }
  }

  async function assertSame(row: Row): Promise<void> {
    const rest = overRest(system);
    const run = { rest, key: `parity-${++rows}` };
    const grpc = overGrpc(clients);
    const bothWays = async () => [await rest(await row.ask(run)), await grpc(await row.ask(run))] as const;
    const [byRest, byGrpc] = await (row.still ? whileStill(bothWays) : bothWays());
    assert.deepEqual([byRest.code, byGrpc.code], [row.http, row.code], json([byRest, byGrpc]));
    const alike = <T>(value: T) => (row.same ? value : masked(value));
    assert.deepEqual(alike(byGrpc.answer), alike(byRest.answer));
    const text = ({ message }: { message: string | undefined }) => (row.same ? message : withoutIds(message ?? ""));
    assert.equal(text(byGrpc), text(byRest));
    assertMessage(byGrpc, row);
    if (row.windowSecs === undefined) assert.equal(byGrpc.retryAfterSecs, byRest.retryAfterSecs);
    else for (const { retryAfterSecs: secs = 0 } of [byRest, byGrpc]) assert.ok(secs >= 1 && secs <= row.windowSecs);
    assert.deepEqual([byRest.quota, byGrpc.quota], [row.quota, row.quota]);
    assert.equal(byGrpc.requestId === undefined, byRest.requestId === undefined);
    if (row.same) assert.equal(byGrpc.requestId, byRest.requestId);
    assert.deepEqual([byGrpc.reason, byGrpc.field], [row.reason, row.field]);
    for (const [name, value] of Object.entries(row.record ?? {})) {
      assert.deepEqual((byGrpc.answer as Record<string, unknown>)[name], value, name);
    }
  }

  /** Where there is a record, its id follows the sentence. */
  function assertMessage({ message, answer }: Awaited<ReturnType<Ask>>, row: Row): void {
    if (row.message === undefined) assert.equal(message, undefined);
    else if (row.message instanceof RegExp) assert.match(message ?? "", row.message);
    else {
      const id = answer !== undefined && "request_id" in answer ? ` (request ${String(answer.request_id)})` : "";
      assert.equal(message, row.message + id);
    }
  }

  const groups: Readonly<Record<string, readonly Row[]>> = {
    "answer alike": [...answers, ...batches],
    "serve alike the direct-user lane": directUserRows,
    "refuse alike what cannot be read": [...bodies, ...mistyped, ...keys, ...approvals],
    "refuse alike who does not prove a wallet": credentials,
    "find alike nothing": notFound,
    "cancel alike": cancels,
    "refuse alike what a quota does not let a wallet do": quotas,
  };
  for (const [what, group] of Object.entries(groups)) {
    describe(what, () => {
      for (const row of group) it(row.name, () => assertSame(row));
    });
  }

  describe("are alike when what they need is away", () => {
    before(() => {
      recordsAway = true;
    });
    after(() => {
      recordsAway = false;
    });
    for (const row of away) itEmbedded(shape, row.name, () => assertSame(row));
  });

  it("share idempotency keys: what came by REST is found by gRPC, as text and as message", async () => {
    const headers = worker();
    const { answer } = await overRest(system)({ call: "execute", body: steps(dust), keys: ["shared"], headers });
    assert.ok(answer !== undefined && "request_id" in answer);
    for (const form of [{ workflow_json: steps(dust) }, { workflow: { steps: [dust] } }]) {
      const request = { ...form, idempotency_keys: ["shared"] };
      const { record, created } = await call(clients.planner, "ExecuteWorkflow", request, walletMetadata());
      assert.deepEqual([record.request_id, created], [answer.request_id, false]);
    }
  });

  it("tell of the same history", async () => {
    const headers = worker();
    const rest = overRest(system);
    const { answer: record } = await rest({ call: "execute", body: steps(dust), headers });
    assert.ok(record !== undefined && "request_id" in record);
    const id = String(record.request_id);
    const { answer: events } = await rest({ call: "events", id, headers });
    assert.ok(Array.isArray(events));
    const { entries } = await call(clients.records, "GetHistory", { request_id: id }, walletMetadata());
    assert.deepEqual(
      entries.map(({ version, hash }: { version: string; hash: string }) => [Number(version), hash]),
      events.map(({ version, head_hash }) => [version, head_hash]),
    );
    assert.equal(entries.at(-1).hash, record.head_hash);
    const unknown = await call(clients.records, "GetHistory", { request_id: unknownId }, walletMetadata()).catch(
      (error) => error,
    );
    assert.deepEqual([unknown.code, unknown.details], [NOT_FOUND, `workflow request ${unknownId} was not found`]);
  });
});

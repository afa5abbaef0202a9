import { status } from "@grpc/grpc-js";
import type { Asked } from "./support/parity.ts";
import {
  asks,
  batchOf,
  calls,
  changed,
  funding,
  json,
  ParitySuite,
  type Row,
  type Run,
  recordId,
  steps,
  to,
  unknownId,
  withApiKey,
  worker,
} from "./support/parity-suite.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";
import { internalToken } from "./support/system.ts";

const { INVALID_ARGUMENT, UNAUTHENTICATED, NOT_FOUND, ALREADY_EXISTS, RESOURCE_EXHAUSTED, UNAVAILABLE } = status;

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

describeShapes("REST and gRPC", (shape) => {
  const suite = new ParitySuite(shape);
  suite.describeRows("refuse alike what cannot be read", [...bodies, ...mistyped, ...keys, ...approvals]);
  suite.describeRows("refuse alike who does not prove a wallet", credentials);
  suite.describeRows("find alike nothing", notFound);

  describe("are alike when what they need is away", () => {
    before(() => {
      suite.recordsAway = true;
    });
    after(() => {
      suite.recordsAway = false;
    });
    for (const row of away) itEmbedded(shape, row.name, () => suite.assertSame(row));
  });
});

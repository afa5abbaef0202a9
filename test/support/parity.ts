import assert from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import * as grpc from "@grpc/grpc-js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@outlayer/contracts/google/rpc/error_details";
import {
  CancelWorkflowResponseSchema,
  DeriveAccountResponseSchema,
  ExecuteDirectUserCallResponseSchema,
  ExecuteSequentialBatchResponseSchema,
  ExecuteWorkflowResponseSchema,
  GetAccountResponseSchema,
  GetDirectUserKeyStatusResponseSchema,
  GetQuotesResponseSchema,
  GetStaleKeysResponseSchema,
  PlanResponseSchema,
  PreflightResponseSchema,
  PrepareDirectUserKeyResponseSchema,
} from "@outlayer/contracts/outlayer/planner/v1/planner";
import { ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { type Record as RecordMessage, RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import {
  accountJson,
  derivedAccountJson,
  directUserKeyJson,
  directUserKeyStatusJson,
  planJson,
  preflightJson,
  progressEventJson,
  quotesJson,
  recordJson,
  staleKeysJson,
} from "@outlayer/workflow";
import { type Any, call, messageOf, metadataOf, plainClient, readAll } from "./plain-grpc.ts";
import type { System } from "./system.ts";

/** One request, whichever way it goes. */
export type Asked = { readonly headers: Readonly<Record<string, string>> } & (
  | {
      readonly call: "plan" | "preflight" | "execute" | "batch";
      /** The JSON text; none for the preflight of gate and operator alone. */
      readonly body?: string;
      /** Beside the body. */
      readonly keys?: readonly string[];
    }
  | { readonly call: "key" | "direct"; readonly body?: string; readonly keys?: readonly string[] }
  | { readonly call: "key_status"; readonly scope: Scope }
  | {
      readonly call: "account";
      readonly id: string;
      readonly publicKey?: string;
      readonly tokenIds?: readonly string[];
    }
  | { readonly call: "stale_keys"; readonly id: string }
  | { readonly call: "derive" | "quotes"; readonly body: string }
  | { readonly call: "record" | "batch_record" | "direct_record" | "events" | "cancel"; readonly id: string }
);
export interface Scope {
  readonly user_id: string;
  readonly registry_id: string;
  readonly receiver_id: string;
  readonly method_names: readonly string[];
}
export type CallName = Asked["call"];

/** What came of it, in terms that both ways share. */
export interface Outcome {
  /** HTTP's over REST, gRPC's over gRPC. */
  readonly code: number;
  /** The sentence of whatever is no success. */
  readonly message: string | undefined;
  /** REST's form of the record, plan, preflight or events. */
  readonly answer: JsonObject | readonly JsonObject[] | undefined;
  /** The record that an error is about. */
  readonly requestId: string | undefined;
  readonly retryAfterSecs: number | undefined;
  /** The quota that is used up. */
  readonly quota?: string | undefined;
  /** Only gRPC's errors have it. */
  readonly reason?: string | undefined;
  /** The place of the fault; only gRPC's errors have it by itself. */
  readonly field?: string | undefined;
}

export type Ask = (asked: Asked) => Promise<Outcome>;

const waitSecs = 15;

export function overRest({ product }: System): Ask {
  return async (asked) => {
    const { method, path } = restOf(asked);
    const keys = "keys" in asked ? (asked.keys ?? []) : [];
    const names = ["idempotency-key", "x-idempotency-key"];
    const response = await fetch(`${product.restUrl}/wallet/v1${path}`, {
      method,
      headers: {
        ...asked.headers,
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
        ...(method === "GET" ? {} : { prefer: `wait=${waitSecs}` }),
        ...Object.fromEntries(keys.map((key, index) => [names[index] ?? "", key])),
      },
      ...("body" in asked && asked.body !== undefined ? { body: asked.body } : {}),
    });
    const text = await response.text();
    const retryAfter = response.headers.get("retry-after");
    const common = { code: response.status, retryAfterSecs: retryAfter === null ? undefined : Number(retryAfter) };
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      const answer = (text.match(/(?<=^data: ).+$/gm) ?? []).map((data) => JSON.parse(data) as JsonObject);
      return { ...common, message: undefined, answer, requestId: undefined };
    }
    const body = JSON.parse(text);
    if (response.ok) return { ...common, message: undefined, answer: body, requestId: undefined };
    const { error, message, type, title, detail, instance, ...record } = body;
    assert.equal(error, message);
    const isRecord = "version" in record;
    return {
      ...common,
      message,
      answer: isRecord ? record : undefined,
      requestId: isRecord ? undefined : record.request_id,
      quota: record.quota,
    };
  };
}

function restOf(asked: Asked): { readonly method: "GET" | "POST" | "DELETE"; readonly path: string } {
  switch (asked.call) {
    case "plan":
      return { method: "POST", path: "/workflows/plan" };
    case "preflight":
      return asked.body === undefined
        ? { method: "GET", path: "/preflight" }
        : { method: "POST", path: "/workflows/preflight" };
    case "execute":
      return { method: "POST", path: "/workflows/execute" };
    case "batch":
      return { method: "POST", path: "/sequential-batch" };
    case "key":
      return { method: "POST", path: "/direct-user/function-call-key/prepare" };
    case "key_status": {
      const query = new URLSearchParams({ ...asked.scope, method_names: asked.scope.method_names.join(",") });
      return { method: "GET", path: `/direct-user/function-call-key/status?${query}` };
    }
    case "account": {
      const query = new URLSearchParams((asked.tokenIds ?? []).map((id): [string, string] => ["token_id", id]));
      if (asked.publicKey !== undefined) query.set("public_key", asked.publicKey);
      return { method: "GET", path: `/accounts/${asked.id}?${query}` };
    }
    case "stale_keys":
      return { method: "GET", path: `/accounts/${asked.id}/stale-keys` };
    case "derive":
      return { method: "POST", path: "/accounts/derive" };
    case "quotes":
      return { method: "POST", path: "/quotes" };
    case "direct":
      return { method: "POST", path: "/direct-user/function-call/execute" };
    case "direct_record":
      return { method: "GET", path: `/direct-user/function-call/${asked.id}` };
    case "record":
      return { method: "GET", path: `/workflows/${asked.id}` };
    case "cancel":
      return { method: "DELETE", path: `/workflows/${asked.id}` };
    case "batch_record":
      return { method: "GET", path: `/sequential-batch/${asked.id}` };
    case "events":
      return { method: "GET", path: `/workflows/${asked.id}/events` };
  }
}

/** Plain gRPC clients of the two services that the public may call. */
export interface PlainClients {
  readonly planner: Any;
  readonly records: Any;
  close(): void;
}

export function plainClients({ product }: System): PlainClients {
  const { planner: plannerUrl, evidence } = product.grpc;
  const planner = plainClient("outlayer/planner/v1/planner.proto", "outlayer.planner.v1.PlannerService", plannerUrl);
  const file = "outlayer/evidence/v1/record_service.proto";
  const records = plainClient(file, "outlayer.evidence.v1.RecordService", evidence);
  return {
    planner,
    records,
    close() {
      planner.close();
      records.close();
    },
  };
}

export function overGrpc({ planner, records }: PlainClients): Ask {
  return async (asked) => {
    const metadata = metadataOf(asked.headers);
    try {
      const answer = await answered(asked, metadata);
      // A DELETE that found a record is no error, whatever the record says.
      const message = asked.call === "cancel" ? undefined : sentenceOf(answer);
      return { code: grpc.status.OK, message, answer, ...nothing };
    } catch (error) {
      return refused(error);
    }
  };

  async function answered(asked: Asked, metadata: grpc.Metadata) {
    switch (asked.call) {
      case "plan": {
        const got = await call(planner, "Plan", { workflow_json: asked.body }, metadata);
        return planJson(messageOf(PlanResponseSchema, planner, "Plan", got).plan);
      }
      case "preflight": {
        const request = asked.body === undefined ? {} : { workflow_json: asked.body };
        const got = await call(planner, "Preflight", request, metadata);
        const { preflight } = messageOf(PreflightResponseSchema, planner, "Preflight", got);
        assert.ok(preflight !== undefined);
        return preflightJson(preflight);
      }
      case "execute": {
        const request = { workflow_json: asked.body, idempotency_keys: asked.keys ?? [] };
        const got = await call(planner, "ExecuteWorkflow", request, metadata);
        const { record } = messageOf(ExecuteWorkflowResponseSchema, planner, "ExecuteWorkflow", got);
        return recordJson(await ended(record, metadata));
      }
      case "batch": {
        const request = { batch_json: asked.body, idempotency_keys: asked.keys ?? [] };
        const got = await call(planner, "ExecuteSequentialBatch", request, metadata);
        const { record } = messageOf(ExecuteSequentialBatchResponseSchema, planner, "ExecuteSequentialBatch", got);
        return recordJson(await ended(record, metadata));
      }
      case "cancel": {
        const got = await call(planner, "CancelWorkflow", { request_id: asked.id }, metadata);
        const { record } = messageOf(CancelWorkflowResponseSchema, planner, "CancelWorkflow", got);
        return recordJson(await ended(record, metadata));
      }
      case "key": {
        const got = await call(planner, "PrepareDirectUserKey", { scope_json: asked.body }, metadata);
        return directUserKeyJson(messageOf(PrepareDirectUserKeyResponseSchema, planner, "PrepareDirectUserKey", got));
      }
      case "key_status": {
        const got = await call(planner, "GetDirectUserKeyStatus", { scope: asked.scope }, metadata);
        return directUserKeyStatusJson(
          messageOf(GetDirectUserKeyStatusResponseSchema, planner, "GetDirectUserKeyStatus", got),
        );
      }
      case "account": {
        const { id: account_id, publicKey, tokenIds = [] } = asked;
        const key = publicKey === undefined ? {} : { public_key: publicKey };
        const got = await call(planner, "GetAccount", { account_id, token_ids: tokenIds, ...key }, metadata);
        const { account } = messageOf(GetAccountResponseSchema, planner, "GetAccount", got);
        assert.ok(account !== undefined);
        return accountJson(account);
      }
      case "stale_keys": {
        const got = await call(planner, "GetStaleKeys", { account_id: asked.id }, metadata);
        const { staleKeys } = messageOf(GetStaleKeysResponseSchema, planner, "GetStaleKeys", got);
        assert.ok(staleKeys !== undefined);
        return staleKeysJson(staleKeys);
      }
      case "derive": {
        const got = await call(planner, "DeriveAccount", { key_json: asked.body }, metadata);
        return derivedAccountJson(messageOf(DeriveAccountResponseSchema, planner, "DeriveAccount", got));
      }
      case "quotes": {
        const got = await call(planner, "GetQuotes", { quote_json: asked.body }, metadata);
        return quotesJson(messageOf(GetQuotesResponseSchema, planner, "GetQuotes", got));
      }
      case "direct": {
        const request = { call_json: asked.body, idempotency_keys: asked.keys ?? [] };
        const got = await call(planner, "ExecuteDirectUserCall", request, metadata);
        const { record } = messageOf(ExecuteDirectUserCallResponseSchema, planner, "ExecuteDirectUserCall", got);
        return recordJson(await ended(record, metadata));
      }
      case "direct_record":
        return recordJson(await read({ request_id: asked.id, endpoint: "direct_user_function_call" }, metadata));
      case "record":
        return recordJson(await read({ request_id: asked.id }, metadata));
      case "batch_record":
        return recordJson(await read({ request_id: asked.id, endpoint: "sequential_batch" }, metadata));
      case "events": {
        const got = await readAll(records, "WatchProgress", { request_id: asked.id }, metadata);
        return got.map((event) => progressEventJson(messageOf(ProgressEventSchema, records, "WatchProgress", event)));
      }
    }
  }

  async function read(request: object, metadata: grpc.Metadata): Promise<RecordMessage> {
    return messageOf(RecordSchema, records, "GetRecord", await call(records, "GetRecord", request, metadata));
  }

  /** As REST's `Prefer: wait`. */
  function ended(record: RecordMessage | undefined, metadata: grpc.Metadata): Promise<RecordMessage> {
    assert.ok(record !== undefined);
    return read({ request_id: record.requestId, wait_ms: waitSecs * 1000, until_terminal: true }, metadata);
  }
}

const nothing = { requestId: undefined, retryAfterSecs: undefined };

/** A record that is no success is no error over gRPC; REST's message is its sentence and its id. */
function sentenceOf(answer: JsonObject | readonly JsonObject[]): string | undefined {
  if (Array.isArray(answer)) return undefined;
  const { user_visible_error: sentence, request_id: id } = answer as JsonObject;
  return typeof sentence === "string" ? `${sentence} (request ${String(id)})` : undefined;
}

function refused(error: unknown): Outcome {
  const { code, details: message, metadata } = error as grpc.ServiceError;
  const [status] = metadata.get("grpc-status-details-bin");
  assert.ok(status instanceof Uint8Array, `an error without details: ${String(error)}`);
  const encoded = Buffer.from(status).toString("base64");
  const found = findTrailerError(new Headers({ "grpc-status-details-bin": encoded }));
  assert.ok(found !== undefined);
  assert.deepEqual([found.code, found.rawMessage], [code, message]);
  const [info, ...infos] = found.findDetails(ErrorInfoSchema);
  assert.ok(info !== undefined && infos.length === 0, "exactly one ErrorInfo");
  assert.match(info.reason, /^[A-Z][A-Z0-9_]+[A-Z0-9]$/);
  assert.match(info.domain, /^outlayer\.(planner|evidence)\.v1$/);
  const [request] = found.findDetails(RequestInfoSchema);
  assert.equal(request?.requestId, info.metadata.request_id);
  const violations = found.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
  assert.ok(violations.length <= 1);
  const [violation] = violations;
  if (violation !== undefined) assert.deepEqual([violation.description, violation.reason], [message, info.reason]);
  const [failure] = found.findDetails(QuotaFailureSchema);
  const [used] = failure?.violations ?? [];
  assert.equal(used?.quotaId, info.metadata.quota);
  if (used !== undefined) assert.deepEqual([used.subject, used.description], ["wallet", message]);
  const [retry] = found.findDetails(RetryInfoSchema);
  const seconds = retry?.retryDelay?.seconds;
  return {
    code,
    message,
    answer: undefined,
    requestId: request?.requestId,
    retryAfterSecs: seconds === undefined ? undefined : Number(seconds),
    quota: used?.quotaId,
    reason: info.reason,
    field: violation?.field,
  };
}

/** Fields of a record that differ from run to run: what they hold is masked, that they hold something is not. */
const ofARun: ReadonlySet<string> = new Set([
  "request_id",
  "idempotency_key",
  "signed_nep413_payloads",
  "payloads",
  "counterparty_signed",
  "signed_nep366_delegates",
  "submit_tx_hashes",
  "intent_ids",
  "intent_id",
  "resume_tx_hash",
  "resume_tx_hashes",
  "receipt_id",
  "block_height",
  "dispatch_block_heights",
  "logs",
  "balance_views",
  "fees",
  "status_url",
  "version",
  "head_hash",
  "created_at",
  "updated_at",
  "final_height",
  "tx_hash",
  "direct_signed_transactions",
  "count_before",
  "count_after",
  "allowance_yocto",
]);

/** What two runs of the same request share. */
export function masked(value: unknown, mask = false): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (typeof value !== "object" || value === null) return mask && value !== null ? "…" : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, mask || ofARun.has(key))]));
}

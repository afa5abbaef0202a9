import assert from "node:assert/strict";
import { errorBodySchema, recordErrorBodySchema, recordSchema } from "@outlayer/workflow";
import type { z } from "zod";
import { worker } from "./samples.ts";

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Empty where the answer is no JSON. */
  readonly json: { readonly [field: string]: unknown };
}

export interface RestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a text or bytes. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Asks as a worker for wallet-1, unless other headers are given. Every answer is held to the rules of all answers. */
export async function rest(url: string, method: string, path: string, options: RestOptions = {}): Promise<RestAnswer> {
  const { headers = worker(), body, signal } = options;
  const sent =
    body === undefined || typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const type = sent === undefined || sent instanceof Uint8Array ? {} : { "content-type": "application/json" };
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...type, ...headers },
    ...(sent === undefined ? {} : { body: typeof sent === "string" ? sent : Uint8Array.from(sent) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== "" ? JSON.parse(text) : {},
  };
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  if (answer.status >= 400 && method !== "HEAD") assertProblem(answer, path);
  return answer;
}

/** What holds for every error: both kinds of reader find a sentence, and nothing of ours goes out. */
export function assertProblem(answer: Omit<RestAnswer, "headers"> & { readonly headers: Headers }, path: string): void {
  const { status, headers, json, text } = answer;
  assert.equal(headers.get("content-type"), "application/problem+json; charset=utf-8");
  const expected = json.version === undefined ? errorBodySchema : recordErrorBodySchema;
  expected.strict().parse(json);
  assert.equal(json.message, json.error);
  assert.equal(json.message, json.detail);
  assert.notEqual(json.message, "");
  const quotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded";
  assert.equal(json.type, status === 429 ? quotaExceeded : "about:blank");
  assert.equal(json.instance, path.split("?")[0]);
  if (json.version === undefined) assert.equal(json.status, status);
  else {
    const { message, request_id, user_visible_error } = recordErrorBodySchema.parse(json);
    assert.ok(message.includes(request_id), "a record's error names the request");
    assert.ok(message.startsWith(user_visible_error ?? ""), "a record's error is its user_visible_error");
  }
  assert.doesNotMatch(text, /\bat .+:\d+:\d+|node:internal|node_modules|ECONN|127\.0\.0\.1|internal-token|wk_live/);
  if (status === 401) assert.match(headers.get("www-authenticate") ?? "", /^Bearer /);
  if (status === 429) assert.deepEqual(json["violated-policies"], [json.quota]);
  if (status === 503) assert.match(headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  if (status === 405) assert.notEqual(headers.get("allow"), null);
}

export type WorkflowRecord = z.infer<typeof recordSchema>;

/** The record that an answer holds, held to its schema. */
export function recordOf({ status, json }: RestAnswer): WorkflowRecord {
  return status < 400 ? recordSchema.strict().parse(json) : recordSchema.parse(json);
}

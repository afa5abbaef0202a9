import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, RestClient } from "./rest-client.ts";

/** How long one request for news is held, seconds. */
const holdSecs = 20;

/**
 * Posts a workflow as REST asks its callers to: after a 503 again, when it says so, under the same key.
 * @returns its request id
 * @throws Error when nobody takes it until then, milliseconds since the epoch
 */
export async function begun(
  rest: RestClient,
  steps: readonly object[],
  key: string,
  giveUpAt: number,
): Promise<string> {
  const request = { steps, idempotency_key: key };
  const { body } = await answered(() => rest.post("/workflows/execute", request, { prefer: "wait=0" }), giveUpAt);
  return body.request_id;
}

/** The record once it has ended, or as it is by then. */
export async function endedBy(rest: RestClient, requestId: string, giveUpAt: number): Promise<Answer["body"]> {
  for (;;) {
    const { body } = await answered(() => rest.get(`/workflows/${requestId}?wait=${holdSecs}`), giveUpAt);
    if (body.retry_after_ms === null || Date.now() > giveUpAt) return body;
  }
}

async function answered(ask: () => Promise<Answer>, giveUpAt: number): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) {
      assert.ok([200, 202, 409].includes(answer.status), `${answer.status}: ${answer.body.message}`);
      return answer;
    }
    assert.ok(Date.now() < giveUpAt, answer.body.message);
    await sleep(1000 * Number(answer.headers.get("retry-after") ?? 0));
  }
}

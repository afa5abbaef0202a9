import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, RestClient } from "./rest-client.ts";

/** How long one request for news is held, seconds. */
const holdSecs = 20;

/** How long nothing may come of many requests together before they count as stuck, milliseconds. A slow machine is no error. */
const standstillMs = 90_000;

/** Patience with many requests at once: over when none of them has come any further for long. */
export class Patience {
  #movedMs = Date.now();

  moved(): void {
    this.#movedMs = Date.now();
  }

  get isOver(): boolean {
    return Date.now() > this.#movedMs + standstillMs;
  }
}

/**
 * Posts a workflow as REST asks its callers to: after a 503 again, when it says so, under the same key.
 * @returns its request id
 * @throws Error when nobody takes it
 */
export async function begun(
  rest: RestClient,
  steps: readonly object[],
  key: string,
  patience: Patience,
): Promise<string> {
  const request = { steps, idempotency_key: key };
  const { body } = await answered(() => rest.post("/workflows/execute", request, { prefer: "wait=0" }), patience);
  patience.moved();
  return body.request_id;
}

/** The record once it has ended, or as it is when patience is over. */
export async function endedOrStuck(rest: RestClient, requestId: string, patience: Patience): Promise<Answer["body"]> {
  let version = 0;
  for (;;) {
    const { body } = await answered(() => rest.get(`/workflows/${requestId}?wait=${holdSecs}`), patience);
    if (body.version !== version) patience.moved();
    version = body.version;
    if (body.retry_after_ms === null || patience.isOver) return body;
  }
}

/** The first answer that is not 503: what was asked is asked again until then. @throws Error when patience is over */
export async function answered(ask: () => Promise<Answer>, patience: Patience): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) {
      assert.ok([200, 202, 409].includes(answer.status), `${answer.status}: ${answer.body.message}`);
      return answer;
    }
    assert.ok(!patience.isOver, answer.body.message);
    await sleep(1000 * Number(answer.headers.get("retry-after") ?? 0));
  }
}

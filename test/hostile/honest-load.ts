import type { Json } from "./attack-world.ts";
import { type HttpAnswer, newAgent, send } from "./clients/http1.ts";
import { apiKeyOf, honestWallets, markerOf, payee, wrap } from "./tenants.ts";

/** A workflow of an honest wallet that has ended, or that its wallet gave up. */
export interface Honest {
  readonly walletId: string;
  readonly requestId: string;
  /** Of the first POST, milliseconds since the epoch. */
  readonly begunAtMs: number;
  /** From the first POST to the final record, milliseconds. */
  readonly ms: number;
  readonly status: string;
  /** Raw units of wNEAR that it was to move, and moved where it succeeded. */
  readonly amount: bigint;
  /** What keeps it from having succeeded. */
  readonly error: string | null;
}

/**
 * From the beginning of one workflow of a wallet to that of its next, unless it takes longer. Each wants less of the gate than its fair
 * share beside the hostile wallets (a chain of three in 18 s, each 7 blocks): who wants more has to wait for others, whoever they are.
 */
const periodMs = 6_000;
/** Longest that one is waited for. */
const patienceMs = 120_000;

/** Wallets that do what wallets do, each with one workflow at a time: the same before and beside the hostile ones. */
export class HonestLoad {
  /** Those that were begun in the phase that runs. */
  ended: Honest[] = [];
  /** Answers that had to be waited out, by code. */
  readonly waits: Record<string, number> = {};
  readonly #restUrl: string;
  readonly #opened: (requestId: string) => void;
  readonly #agent = newAgent();
  #number = 0;

  constructor(restUrl: string, opened: (requestId: string) => void) {
    this.#restUrl = restUrl;
    this.#opened = opened;
  }

  /** Begins workflows until then, and waits for their ends. @returns what was begun in that time */
  async until(endsMs: number): Promise<readonly Honest[]> {
    this.ended = [];
    await Promise.all(honestWallets.map((walletId, index) => this.#play(walletId, index, endsMs)));
    return this.ended;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #play(walletId: string, index: number, endsMs: number): Promise<void> {
    // Not all at once.
    await pauseUntil(Date.now() + (index * periodMs) / honestWallets.length);
    while (Date.now() < endsMs) {
      const nextMs = Date.now() + periodMs;
      this.ended.push(await this.#workflow(walletId));
      await pauseUntil(Math.min(endsMs, nextMs));
    }
  }

  async #workflow(walletId: string): Promise<Honest> {
    this.#number += 1;
    const key = `${walletId}-${this.#number}`;
    // One of three has three steps.
    const count = this.#number % 3 === 0 ? 3 : 1;
    const steps = Array.from({ length: count }, (_, step) => ({
      kind: "intents.transfer",
      token: wrap,
      amount: String(1 + step),
      receiver_id: payee,
      memo: markerOf(walletId),
    }));
    const [begunAtMs, begunMs] = [Date.now(), performance.now()];
    const giveUpAt = Date.now() + patienceMs;
    let record: Json = await this.#asked(walletId, giveUpAt, "POST", "/wallet/v1/workflows/execute", {
      steps,
      idempotency_key: key,
    });
    if (record?.request_id !== undefined) this.#opened(record.request_id);
    while (record?.request_id !== undefined && record.retry_after_ms !== null && Date.now() < giveUpAt) {
      const path = `/wallet/v1/workflows/${record.request_id}?wait=20`;
      record = (await this.#asked(walletId, giveUpAt, "GET", path)) ?? record;
    }
    const status = record?.retry_after_ms === null ? record.status : "unended";
    return {
      walletId,
      requestId: record?.request_id ?? "none",
      begunAtMs,
      ms: performance.now() - begunMs,
      status,
      amount: steps.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
      error:
        status === "succeeded"
          ? null
          : (record?.user_visible_error ?? record?.message ?? record?.status ?? "no answer"),
    };
  }

  /** Asks again what could not be answered for now, as REST asks its callers to. */
  async #asked(walletId: string, giveUpAt: number, method: string, path: string, body?: object): Promise<Json> {
    for (;;) {
      const answer = await send(this.#agent, {
        url: this.#restUrl + path,
        method,
        headers: {
          authorization: `Bearer ${apiKeyOf(walletId)}`,
          ...(body === undefined ? {} : { "content-type": "application/json", prefer: "wait=20" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        timeoutMs: 40_000,
      });
      const { status } = answer;
      if (status !== undefined && status !== 503 && status !== 429) return read(answer);
      const code = String(status ?? answer.lost);
      this.waits[code] = (this.waits[code] ?? 0) + 1;
      if (Date.now() > giveUpAt) return read(answer);
      await pauseUntil(Date.now() + 1_000 * Number(answer.headers["retry-after"] ?? 0.5));
    }
  }
}

function read({ text }: HttpAnswer): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pauseUntil(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - Date.now())));
}

import { createHash } from "node:crypto";
import type { UpInfo } from "../up-info.ts";

/** A record as REST shows it, as far as the demo reads it. */
export interface RecordBody {
  readonly request_id: string;
  readonly status: string;
  readonly user_visible_error: string | null;
  readonly plan_json: {
    readonly steps: readonly { readonly lane: string; readonly receiver_id: string; readonly method_name: string }[];
  };
  readonly signed_nep413_payloads: readonly string[];
  readonly submit_tx_hashes: readonly (string | null)[];
  readonly intent_ids: readonly (string | null)[];
  readonly resume_tx_hash: string | null;
  readonly dispatch_receipts: readonly ({
    readonly receipt_id: string;
    readonly block_height: number;
    readonly status: string;
  } | null)[];
  readonly dispatch_block_heights: readonly (number | null)[];
  readonly step_outcomes: readonly { readonly outcome: string }[];
  readonly balance_deltas: Readonly<Record<string, string>>;
  readonly fees: { readonly gate_fee_yocto: string; readonly gas_burnt_yocto: string };
  readonly version: number;
  readonly head_hash: string;
}

export interface ProgressBody {
  readonly version: number;
  readonly event: string;
  readonly status: string;
  readonly terminal: boolean;
  readonly dispatch_block_heights: readonly (number | null)[];
}

/** Speaks to the product as any wallet would: REST with an API key. */
export class Client {
  readonly #info: UpInfo;
  readonly #headers: Record<string, string>;

  constructor(info: UpInfo, apiKey: string) {
    this.#info = info;
    this.#headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  }

  async plan(body: object): Promise<RecordBody["plan_json"]> {
    return (await this.#post("/wallet/v1/workflows/plan", body)) as RecordBody["plan_json"];
  }

  async execute(body: object, waitSeconds: number): Promise<RecordBody> {
    return (await this.#post("/wallet/v1/workflows/execute", body, { prefer: `wait=${waitSeconds}` })) as RecordBody;
  }

  async record(requestId: string): Promise<RecordBody> {
    const response = await fetch(`${this.#info.rest}/wallet/v1/workflows/${requestId}`, { headers: this.#headers });
    return (await response.json()) as RecordBody;
  }

  /** Server-sent events, until the workflow has ended. */
  async *progress(requestId: string): AsyncGenerator<ProgressBody> {
    const response = await fetch(`${this.#info.rest}/wallet/v1/workflows/${requestId}/events`, {
      headers: this.#headers,
    });
    if (!response.ok || response.body === null) throw new Error(`no events: HTTP ${response.status}`);
    let pending = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const messages = `${pending}${chunk}`.split("\n\n");
      pending = messages.pop() ?? "";
      for (const message of messages) {
        const data = /^data: ?(.*)$/m.exec(message)?.[1];
        if (data !== undefined) yield JSON.parse(data) as ProgressBody;
      }
    }
  }

  /** Checks the evidence's hash chain. @returns number of entries and the last hash @throws Error where it is broken */
  async verifyHistory(requestId: string): Promise<{ readonly entries: number; readonly head: string }> {
    const url = `${this.#info.http.evidence}/outlayer.evidence.v1.RecordService/GetHistory`;
    const response = await fetch(url, { method: "POST", headers: this.#headers, body: JSON.stringify({ requestId }) });
    const { entries } = (await response.json()) as { entries: { version: string; entryJson: string; hash: string }[] };
    let head = "0".repeat(64);
    for (const { version, entryJson, hash } of entries) {
      const isHash = createHash("sha256").update(entryJson).digest("hex") === hash;
      if (!isHash || JSON.parse(entryJson).prev_hash !== head)
        throw new Error(`entry ${version} breaks the hash chain`);
      head = hash;
    }
    return { entries: entries.length, head };
  }

  /** How many delegates the gate has ever accepted. */
  async submissionsOnChain(): Promise<number> {
    const params = {
      request_type: "call_function",
      finality: "final",
      account_id: this.#info.gate_id,
      method_name: "stats",
      args_base64: "",
    };
    const response = await fetch(this.#info.near_rpc, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "query", params }),
    });
    const { result } = (await response.json()) as { result: { result: number[] } };
    const [submitted] = JSON.parse(Buffer.from(result.result).toString()) as string[];
    return Number(submitted);
  }

  async #post(path: string, body: object, headers: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(`${this.#info.rest}${path}`, {
      method: "POST",
      headers: { ...this.#headers, ...headers },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { message?: string };
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${answer.message}`);
    return answer;
  }
}

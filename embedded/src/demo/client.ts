import { createHash } from "node:crypto";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { GetHistoryResponseSchema } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { sleep, systemPorts } from "@outlayer/kit";
import { checkHistory } from "@outlayer/workflow";
import type { ProductInfo } from "../up-info.ts";

/** The fields of a record over REST that the demo reads. */
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

/** The fields of a direct-user call's record that the demo reads. */
export interface DirectUserBody {
  readonly request_id: string;
  readonly status: string;
  readonly user_visible_error: string | null;
  readonly direct_user_evidence: {
    readonly tx_hash: string | null;
    readonly receipt_id: string | null;
    readonly count_before: number | null;
    readonly count_after: number | null;
    readonly block_height: number | null;
    readonly ambiguous: boolean;
  };
  readonly head_hash: string;
}

export interface KeyStatusBody {
  readonly installed: boolean;
  readonly reason: string | null;
  readonly message: string | null;
  readonly allowance_yocto: string | null;
  readonly block_height: number;
}

export interface Scope {
  readonly user_id: string;
  readonly registry_id: string;
  readonly receiver_id: string;
  readonly method_names: readonly string[];
}

/** Calls the product as any wallet would: REST with an API key. */
export class Client {
  readonly #info: ProductInfo;
  readonly #headers: Record<string, string>;

  constructor(info: ProductInfo, apiKey: string) {
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

  async prepareKey(scope: Scope): Promise<{ readonly public_key: string; readonly install_command: string }> {
    const path = "/wallet/v1/direct-user/function-call-key/prepare";
    return (await this.#post(path, scope)) as { public_key: string; install_command: string };
  }

  async keyStatus(scope: Scope): Promise<KeyStatusBody> {
    const query = new URLSearchParams({ ...scope, method_names: scope.method_names.join(",") });
    const url = `${this.#info.rest}/wallet/v1/direct-user/function-call-key/status?${query}`;
    return (await (await fetch(url, { headers: this.#headers })).json()) as KeyStatusBody;
  }

  /** Polls the key's status until `holds`: each answer is of a final block, which lags a moment. */
  async keyStatusOnce(scope: Scope, holds: (status: KeyStatusBody) => boolean): Promise<KeyStatusBody> {
    const { timers } = systemPorts();
    for (;;) {
      const status = await this.keyStatus(scope);
      if (holds(status)) return status;
      await sleep(timers, 100);
    }
  }

  /** Does the install command's work through the devnet's controls: an allowance of 0.05 NEAR. */
  async installKey({ user_id, receiver_id, method_names }: Scope, publicKey: string): Promise<void> {
    const allowance = "50000000000000000000000";
    const response = await fetch(`${this.#info.devnet_control}/accounts/${user_id}/keys`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ public_key: publicKey, receiver_id, method_names, allowance }),
    });
    if (!response.ok) throw new Error(`the key could not be installed: ${await response.text()}`);
  }

  async executeDirectUser(body: object, waitSeconds: number): Promise<DirectUserBody> {
    const path = "/wallet/v1/direct-user/function-call/execute";
    return (await this.#post(path, body, { prefer: `wait=${waitSeconds}` })) as DirectUserBody;
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

  /** Checks the hash chain, and the disclosed signatures against it. @returns number of entries and the last hash @throws Error where it is broken */
  async verifyHistory(requestId: string): Promise<{ readonly entries: number; readonly head: string }> {
    const url = `${this.#info.http.evidence}/outlayer.evidence.v1.RecordService/GetHistory`;
    const response = await fetch(url, { method: "POST", headers: this.#headers, body: JSON.stringify({ requestId }) });
    const { entries } = fromJson(GetHistoryResponseSchema, (await response.json()) as JsonValue);
    const check = checkHistory(entries, sha256);
    if (check.kind === "broken") throw new Error(check.problem);
    return check;
  }

  /** Number of delegates that the gate has ever accepted. */
  async submissionsOnChain(): Promise<number> {
    const [submitted] = (await this.#view(this.#info.gate_id, "stats")) as string[];
    return Number(submitted);
  }

  async count(contractId: string): Promise<number> {
    return (await this.#view(contractId, "get_count")) as number;
  }

  async #view(contractId: string, method: string): Promise<unknown> {
    const params = {
      request_type: "call_function",
      finality: "final",
      account_id: contractId,
      method_name: method,
      args_base64: "",
    };
    const response = await fetch(this.#info.near_rpc, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "query", params }),
    });
    const { result } = (await response.json()) as { result: { result: number[] } };
    return JSON.parse(Buffer.from(result.result).toString());
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

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

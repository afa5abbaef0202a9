import { createHash } from "node:crypto";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { GetHistoryResponseSchema } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { sleep, systemPorts } from "@outlayer/kit";
import { checkHistory } from "@outlayer/workflow";
import type { ProductInfo } from "../up-info.ts";
import type { WalletTransaction } from "./person.ts";

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
  /** Per step, where the account of a session signed payloads itself. */
  readonly signers: readonly {
    readonly payloads: readonly { readonly signer: { readonly public_key: string } | null }[];
  }[];
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

/** The fields of an account that the demo reads. */
export interface AccountBody {
  readonly message: string;
  readonly keys: readonly { readonly public_key: string; readonly on_near: string; readonly stale: boolean }[];
  readonly keys_total: number;
  readonly registration: { readonly command: string; readonly transaction: WalletTransaction } | null;
  readonly balances: Readonly<Record<string, string>>;
}

export interface ChallengeBody {
  readonly message: string;
  /** Base64. */
  readonly nonce: string;
  readonly recipient: string;
}

export interface SessionBody {
  readonly token: string;
  readonly expires_at: string;
  readonly wallet_id: string;
  readonly registered: boolean;
}

export interface Scope {
  readonly user_id: string;
  readonly registry_id: string;
  readonly receiver_id: string;
  readonly method_names: readonly string[];
}

/** Calls the product as any wallet would: REST with an API key, or with a session's token. */
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
    await this.#control(`/accounts/${user_id}/keys`, { public_key: publicKey, receiver_id, method_names, allowance });
  }

  /** Makes an account of the devnet, with 10 NEAR and a full access key. */
  async makeAccount(accountId: string, publicKey: string): Promise<void> {
    const path = `/accounts/${accountId}`;
    await this.#control(path, { balance: "10000000000000000000000000" });
    await this.#control(`${path}/keys`, { public_key: publicKey });
    // It is read at final blocks.
    await this.#control("/mine", { blocks: 3 });
  }

  /** @param publicKey one that is looked for */
  async account(accountId: string, tokenId: string, publicKey?: string): Promise<AccountBody> {
    const key = publicKey === undefined ? {} : { public_key: publicKey };
    return (await this.#get(
      `/wallet/v1/accounts/${accountId}?${new URLSearchParams({ token_id: tokenId, ...key })}`,
    )) as AccountBody;
  }

  async staleKeys(accountId: string): Promise<readonly { readonly public_key: string }[]> {
    const found = await this.#get(`/wallet/v1/accounts/${accountId}/stale-keys`);
    return (found as { stale_keys: { public_key: string }[] }).stale_keys;
  }

  async challenge(accountId: string): Promise<ChallengeBody> {
    return (await this.#post("/wallet/v1/auth/challenge", { account_id: accountId })) as ChallengeBody;
  }

  async verify(accountId: string, signed: object): Promise<SessionBody> {
    return (await this.#post("/wallet/v1/auth/verify", { account_id: accountId, signed })) as SessionBody;
  }

  async logout(): Promise<void> {
    await this.#post("/wallet/v1/auth/logout", {});
  }

  /** The HTTP status with which a record is answered. */
  async statusOf(requestId: string): Promise<number> {
    const url = `${this.#info.rest}/wallet/v1/workflows/${requestId}`;
    const response = await fetch(url, { headers: this.#headers });
    await response.body?.cancel();
    return response.status;
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

  async #control(path: string, body: object): Promise<void> {
    const response = await fetch(`${this.#info.devnet_control}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the devnet refuses ${path}: ${await response.text()}`);
    await response.body?.cancel();
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#info.rest}${path}`, { headers: this.#headers });
    const answer = (await response.json()) as { message?: string };
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${answer.message}`);
    return answer;
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

import type { Devnet } from "../../src/devnet.ts";

export { withDevnet } from "../rpc/support.ts";

/** Of `wallet-1`, as the vector of docs/counterparts/keystore.md has it. */
export const walletAddress = "e7b729f013ada9da12126519d523e3acb855ec5b47e07b9d70aa359645865427";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly json: any;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly raw?: string;
}

/** Posts as the signer-proxy would; `headers` replace the usual ones, `raw` the body. */
export async function post(devnet: Devnet, path: string, body: unknown, options: PostOptions = {}): Promise<Answer> {
  const usual = { authorization: `Bearer ${devnet.keystoreToken}`, "content-type": "application/json" };
  const answer = await fetch(`${devnet.keystoreUrl}${path}`, {
    method: "POST",
    headers: options.headers ?? usual,
    body: options.raw ?? JSON.stringify(body),
  });
  const text = await answer.text();
  const type = answer.headers.get("content-type") ?? "";
  return {
    status: answer.status,
    type,
    text,
    json: type.startsWith("application/json") ? JSON.parse(text) : undefined,
  };
}

/** `[status, error]` of a refusal by a handler. */
export async function refused(devnet: Devnet, path: string, body: unknown): Promise<[number, string]> {
  const { status, json } = await post(devnet, path, body);
  return [status, json?.error];
}

export const delegateRequest = {
  wallet_id: "wallet-1",
  sender_id: walletAddress,
  receiver_id: "intents.near",
  method_name: "execute_intents",
  args_json: '{"signed":[]}',
  gas: 100_000_000_000_000,
  deposit: "0",
  nonce: 1_760_000_000_000,
  max_block_height: 200_000_180,
  current_block_height: 200_000_000,
};

export const nep413Request = {
  wallet_id: "wallet-1",
  chain: "near",
  message: "hello",
  nonce_base64: Buffer.alloc(32, 5).toString("base64"),
  recipient: "intents.near",
};

export const scopeRequest = {
  wallet_id: "wallet-1",
  user_id: "mike.near",
  registry_id: "mike.sequential.near",
  receiver_id: "count.mike.near",
  method_names: ["increase"],
};

export const scopedCallRequest = {
  ...scopeRequest,
  actions: [{ method_name: "increase", args_json: "{}", gas: 30_000_000_000_000, deposit: "0" }],
};

export const paths = {
  address: "/wallet/derive-address",
  policy: "/wallet/check-policy",
  nep413: "/wallet/sign-nep413",
  delegate: "/wallet/sign-nep366-delegate",
  prepare: "/wallet/direct-user/prepare-function-call-key",
  scoped: "/wallet/direct-user/sign-scoped-function-calls",
} as const;

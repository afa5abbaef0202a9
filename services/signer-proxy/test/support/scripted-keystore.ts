import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  decodeBase64,
  delegateHash,
  encodeBase58,
  encodeBase64,
  encodeDelegate,
  formatSignature,
  type KeyPair,
  keyPairFromSeed,
  nep413Hash,
  parsePublicKey,
} from "@outlayer/near";

/** One answer; `drop` closes the connection, `hang` never answers. */
export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status: number; readonly type: string; readonly text: string; readonly location?: string }
  | "drop"
  | "hang";

export type Body = Readonly<Record<string, unknown>>;

export const paths = {
  derive: "/wallet/derive-address",
  policy: "/wallet/check-policy",
  nep413: "/wallet/sign-nep413",
  delegate: "/wallet/sign-nep366-delegate",
} as const;

export interface ScriptedKeystore {
  readonly url: string;
  readonly token: string;
  /** Bodies received at a path, those of the proxy's own probe left out. */
  received(path: string): Body[];
  /** Resolves once a request has come in at the path, from now on. */
  arrival(path: string): Promise<void>;
  /** Answers this path from now on; `undefined` leaves it to the keystore's normal behaviour. */
  script(path: string, answer: (body: Body) => Answer | undefined): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const master = new Uint8Array(32).fill(7);
export const keystoreToken = "keystore-token-3f9d0c1e";

/** The wallet's key as the published keystore derives it. */
export function walletKey(walletId: string): KeyPair {
  return keyPairFromSeed(createHmac("sha256", master).update(`wallet:${walletId}:near`).digest());
}

function walletHex(walletId: string): string {
  return Buffer.from(parsePublicKey(walletKey(walletId).publicKey)).toString("hex");
}

/** A small keystore on a free port that signs truly, unless a script says otherwise. */
export async function startScriptedKeystore(): Promise<ScriptedKeystore> {
  const scripts = new Map<string, (body: Body) => Answer | undefined>();
  const received: { readonly path: string; readonly body: Body }[] = [];
  let watchers: { readonly path: string; readonly resolve: () => void }[] = [];

  const answer = (path: string, body: Body, authorization: string | undefined): Answer => {
    if (authorization !== `Bearer ${keystoreToken}`)
      return { status: 401, json: { error: "Invalid coordinator token" } };
    try {
      return scripts.get(path)?.(body) ?? normal(path, body);
    } catch (error) {
      // Such as a body that the script cannot sign; an answer that no test expects.
      return { status: 599, json: { error: String(error) } };
    }
  };
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const path = request.url ?? "";
      if (!isProbe(body)) received.push({ path, body });
      for (const watcher of watchers.filter((one) => one.path === path)) watcher.resolve();
      watchers = watchers.filter((one) => one.path !== path);
      send(request, response, answer(path, body, request.headers.authorization));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: keystoreToken,
    received: (path) => received.filter((one) => one.path === path).map((one) => one.body),
    arrival: (path) => new Promise((resolve) => watchers.push({ path, resolve })),
    script: (path, script) => scripts.set(path, script),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** What a keystore that works answers. */
export function normal(path: string, body: Body): Answer {
  if (typeof body.wallet_id !== "string") {
    const text = "Failed to deserialize the JSON body into the target type: missing field `wallet_id`";
    return { status: 422, type: "text/plain; charset=utf-8", text };
  }
  switch (path) {
    case paths.derive: {
      const address = walletHex(body.wallet_id);
      return { json: { address, public_key: `ed25519:${address}` } };
    }
    case paths.policy:
      return { json: { allowed: true, frozen: false } };
    case paths.nep413:
      return { json: signNep413(walletKey(body.wallet_id), body) };
    case paths.delegate:
      return { json: signDelegate(walletKey(body.wallet_id), body) };
    default:
      return { status: 404, type: "text/plain", text: "" };
  }
}

export function signNep413(key: KeyPair, body: Body) {
  const nonce = decodeBase64(String(body.nonce_base64));
  const hash = nep413Hash({ message: String(body.message), nonce, recipient: String(body.recipient) });
  return { signature_base58: formatSignature(key.sign(hash)), public_key: key.publicKey };
}

/** @param change fields of the delegate that are signed otherwise than asked */
export function signDelegate(key: KeyPair, body: Body, change: Body = {}) {
  const asked = { ...body, ...change };
  const delegate = {
    senderId: String(asked.sender_id),
    receiverId: String(asked.receiver_id),
    methodName: String(asked.method_name),
    args: decodeBase64(String(asked.args_base64)),
    gas: BigInt(String(asked.gas)),
    deposit: BigInt(String(asked.deposit)),
    nonce: BigInt(String(asked.nonce)),
    maxBlockHeight: BigInt(String(asked.max_block_height)),
    publicKey: key.publicKey,
  };
  const hash = delegateHash(delegate);
  return {
    signed_delegate_base64: encodeBase64(encodeDelegate(delegate, key.sign(hash))),
    delegate_hash: encodeBase58(hash),
    sender_id: delegate.senderId,
    public_key: key.publicKey,
    nonce: Number(delegate.nonce),
    max_block_height: Number(delegate.maxBlockHeight),
  };
}

function isProbe(body: Body): boolean {
  return Object.keys(body).length === 0 || body.wallet_id === "outlayer-signer-proxy-probe";
}

async function read(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as Body;
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (answer === "hang") return;
  if (answer === "drop") {
    request.socket.destroy();
    return;
  }
  const [type, text] =
    "json" in answer ? ["application/json", JSON.stringify(answer.json)] : [answer.type, answer.text];
  const location = "location" in answer ? { location: answer.location } : {};
  response.writeHead(answer.status ?? 200, { "content-type": type, ...location }).end(text);
}

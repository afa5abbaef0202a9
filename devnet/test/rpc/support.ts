import assert from "node:assert/strict";
import type { z } from "zod/mini";
import { signTransaction, toTransaction } from "../../src/chain/transaction.ts";
import type { Action } from "../../src/chain/types.ts";
import { decodeBase58 } from "../../src/crypto/base58.ts";
import { encodeBase64 } from "../../src/crypto/base64.ts";
import { ed25519PublicKey } from "../../src/crypto/ed25519.ts";
import { formatKey } from "../../src/crypto/keys.ts";
import { encodeSignedTransaction } from "../../src/crypto/transaction.ts";
import { type Devnet, type DevnetOptions, startDevnet } from "../../src/devnet.ts";

export { callAction, near, tera, transferAction } from "../chain/support.ts";

/** Runs `work` on a devnet of its own, mined by hand, and closes it. */
export async function withDevnet(
  work: (devnet: Devnet) => Promise<void> | void,
  options: DevnetOptions = {},
): Promise<void> {
  const devnet = await startDevnet({ blockTimeMs: "manual", ...options });
  try {
    await work(devnet);
  } finally {
    await devnet.close();
  }
}

export interface RpcAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

export async function callRpc(devnet: Devnet, method: string, params?: unknown): Promise<RpcAnswer> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: "dontcare", method, params });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(devnet.rpcUrl, { method: "POST", headers, body });
  return { status: answer.status, body: await answer.json() };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
export async function result(devnet: Devnet, method: string, params?: unknown): Promise<any> {
  const { body } = await callRpc(devnet, method, params);
  assert.equal(body.error, undefined, JSON.stringify(body.error));
  return body.result;
}

/** The error's `cause`, and beside it status and data. */
export async function refusal(devnet: Devnet, method: string, params?: unknown) {
  const { status, body } = await callRpc(devnet, method, params);
  assert.ok(body.error, `expected an error, got ${JSON.stringify(body)}`);
  const { name, cause, code, message, data } = body.error;
  assert.ok(["REQUEST_VALIDATION_ERROR", "HANDLER_ERROR", "INTERNAL_ERROR"].includes(name));
  assert.equal(typeof code, "number");
  assert.equal(typeof message, "string");
  return { status, name, cause, data };
}

/** Checks an answer against a schema of `@near-js/jsonrpc-types`, which names fields in camel case. */
export function assertSchema(schema: () => z.core.$ZodType, value: unknown): void {
  const parsed = (schema() as z.ZodMiniType).safeParse(camelCased(value));
  assert.ok(parsed.success, parsed.error?.message);
}

function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [camelName(name), camelCased(item)]));
}

function camelName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The private key in `ed25519:` and base58 of both keys. */
function privateKey(secretKey: string): Uint8Array {
  return decodeBase58(secretKey.slice("ed25519:".length)).subarray(0, 32);
}

export interface Signed {
  readonly base64: string;
  readonly hash: string;
}

/** A transaction of an account of the genesis, with the key's next nonce. */
export function signed(
  devnet: Devnet,
  signer: string,
  receiver: string,
  actions: readonly Action[],
  changes: { readonly nonce?: bigint; readonly blockHash?: string } = {},
): Signed {
  const seed = privateKey(devnet.secretKey(signer));
  const publicKey = formatKey({ curve: "ed25519", data: ed25519PublicKey(seed) });
  const view = devnet.chain.view();
  const waiting = devnet.chain.pool.ordered().filter((one) => one.signer === signer).length;
  const used = (view.state().accessKey(signer, publicKey)?.nonce ?? 0n) + BigInt(waiting);
  const { nonce = used + 1n, blockHash = view.final().hash } = changes;
  const one = signTransaction({ signer, receiver, nonce, blockHash, actions }, seed);
  const hash = toTransaction(one).hash;
  return { base64: encodeBase64(encodeSignedTransaction(one)), hash };
}

/** Mines until nothing is left to run, and everything is final. */
export function settle({ chain }: Devnet): void {
  while (chain.pool.size > 0 || chain.head.next.length > 0) chain.mine();
  chain.mine();
  chain.mine();
}

/** Mines until what takes blocks is done. */
export async function mineUntil<T>({ chain }: Devnet, done: Promise<T>): Promise<T> {
  let isDone = false;
  const watched = done.finally(() => {
    isDone = true;
  });
  watched.catch(() => {});
  while (!isDone) {
    chain.mine();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return watched;
}

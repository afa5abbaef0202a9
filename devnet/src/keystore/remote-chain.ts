import type { Ports } from "../ports.ts";
import type { KeystoreChain } from "./endpoint.ts";

/** Time limit for one answer, milliseconds. */
const timeoutMs = 10_000;

interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: { readonly message?: string; readonly data?: unknown; readonly cause?: { readonly name?: string } };
}

/** The chain behind a NEAR node's RPC. */
export function remoteChain(rpcUrl: string, ports: Pick<Ports, "after">): KeystoreChain {
  async function ask<T>(method: string, params: object): Promise<T> {
    const late = new AbortController();
    const cancel = ports.after(timeoutMs, () => late.abort(new Error("no answer in time")));
    try {
      return resultOf<T>(await post(method, params, late.signal));
    } finally {
      cancel();
    }
  }
  async function post(method: string, params: object, signal: AbortSignal): Promise<RpcAnswer> {
    const response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal,
    });
    return (await response.json()) as RpcAnswer;
  }
  return {
    async accessKeyNonce(accountId, publicKey) {
      const query = {
        request_type: "view_access_key",
        finality: "final",
        account_id: accountId,
        public_key: publicKey,
      };
      const { nonce, error } = await ask<{ nonce?: number; error?: string }>("query", query);
      // Older nodes report a missing key inside the result.
      if (nonce === undefined) throw new Error(error ?? `access key ${publicKey} does not exist while viewing`);
      return BigInt(nonce);
    },
    async finalBlockHash() {
      return (await ask<{ header: { hash: string } }>("block", { finality: "final" })).header.hash;
    },
  };
}

function resultOf<T>({ result, error }: RpcAnswer): T {
  if (error !== undefined) throw new Error(error.cause?.name ?? error.message ?? "an error without a name");
  return result as T;
}

import type { Devnet } from "@outlayer/devnet";
import {
  decodeBase58,
  encodeBase58,
  encodeBase64,
  type KeyPair,
  parseSecretKey,
  sha256,
  withSignature,
} from "@outlayer/near";
import { type Action, createTransaction, encodeTransaction, actions as nearActions, PublicKey } from "near-api-js";

export interface Call {
  readonly receiverId: string;
  readonly methodName: string;
  readonly args: object;
  readonly deposit?: bigint;
  readonly gas?: bigint;
  /** Until when the node holds its answer back; only a node that waits says that a transaction is invalid. */
  readonly waitUntil?: "NONE" | "EXECUTED_OPTIMISTIC";
}

/** Somebody with a key of their own on the devnet, who is not the product. */
export class Actor {
  readonly accountId: string;
  readonly #devnet: Devnet;
  readonly #key: KeyPair;

  constructor(devnet: Devnet, accountId: string, key: KeyPair = parseSecretKey(devnet.secretKey(accountId))) {
    this.#devnet = devnet;
    this.accountId = accountId;
    this.#key = key;
  }

  get publicKey(): string {
    return this.#key.publicKey;
  }

  /** Calls a method, and waits until the transaction's first receipt has run. @returns the transaction's hash */
  call({ receiverId, methodName, args, deposit = 0n, gas = 300_000_000_000_000n, waitUntil }: Call): Promise<string> {
    const bytes = new TextEncoder().encode(JSON.stringify(args));
    return this.#send(receiverId, nearActions.functionCall(methodName, bytes, gas, deposit), waitUntil);
  }

  /** Deletes one of the account's keys, and waits until that has run. */
  deleteKey(publicKey: string): Promise<string> {
    return this.#send(this.accountId, nearActions.deleteKey(PublicKey.fromString(publicKey)));
  }

  async #send(receiverId: string, action: Action, waitUntil: Call["waitUntil"] = "NONE"): Promise<string> {
    const key = await this.#rpc("query", {
      request_type: "view_access_key",
      finality: "optimistic",
      account_id: this.accountId,
      public_key: this.#key.publicKey,
    });
    const block = await this.#rpc("block", { finality: "final" });
    const encoded = encodeTransaction(
      createTransaction(
        this.accountId,
        PublicKey.fromString(this.#key.publicKey),
        receiverId,
        BigInt(key.nonce) + 1n,
        [action],
        decodeBase58(block.header.hash),
      ),
    );
    const digest = sha256(encoded);
    const hash = encodeBase58(digest);
    const bytes = withSignature(encoded, this.#key.sign(digest));
    await this.#rpc("send_tx", { signed_tx_base64: encodeBase64(bytes), wait_until: waitUntil });
    const ask = { tx_hash: hash, sender_account_id: this.accountId, wait_until: "NONE" };
    for (;;) {
      const answer = await this.#rpc("EXPERIMENTAL_tx_status", ask).catch(() => undefined);
      if (answer?.receipts_outcome?.length > 0) return hash;
      await this.#nextBlock();
    }
  }

  async #nextBlock(): Promise<void> {
    const { height } = this.#devnet.chain.head;
    while (this.#devnet.chain.head.height === height) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  async #rpc(method: string, params: object): Promise<any> {
    const response = await fetch(this.#devnet.rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result?: unknown; error?: unknown };
    if (error !== undefined) throw new Error(JSON.stringify(error));
    return result;
  }
}

/**
 * Has the keystore sign intents of a wallet behind the product's back.
 * @param options how long the payload holds, milliseconds, and its nonce: 32 bytes
 * @returns a payload for `execute_intents`
 */
export async function signIntents(
  devnet: Devnet,
  walletId: string,
  intents: readonly object[],
  { holdsMs = 60_000, nonce: bytes = legacyNonce() }: { readonly holdsMs?: number; readonly nonce?: Uint8Array } = {},
): Promise<object> {
  const wallet = devnet.wallets.find((candidate) => candidate.walletId === walletId);
  const deadline = new Date(devnet.controls.clock.now() + holdsMs).toISOString();
  const message = JSON.stringify({ signer_id: wallet?.accountId, deadline, intents });
  const nonce = Buffer.from(bytes).toString("base64");
  const request = { wallet_id: walletId, chain: "near", message, nonce_base64: nonce, recipient: devnet.verifierId };
  const response = await devnet.fetch(`${devnet.keystoreUrl}/wallet/sign-nep413`, {
    method: "POST",
    headers: { authorization: `Bearer ${devnet.keystoreToken}`, "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const { signature_base58, public_key } = (await response.json()) as Record<string, string>;
  const payload = { message, nonce, recipient: devnet.verifierId };
  return { standard: "nep413", payload, public_key, signature: signature_base58 };
}

/** Any 32 bytes without the versioned prefix pass as a legacy nonce. */
function legacyNonce(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32)).fill(1, 0, 1);
}

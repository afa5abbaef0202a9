import { Account, type Action, JsonRpcProvider, KeyPairSigner, type KeyPairString } from "near-api-js";
import type { OwnAccount } from "./contracts-file.ts";

/** A NEAR node of one's own, to set accounts and contracts up on. */
export class OwnNode {
  readonly url: string;
  readonly #provider: JsonRpcProvider;

  constructor(url: string) {
    this.url = url;
    this.#provider = new JsonRpcProvider({ url }, { retries: 3 });
  }

  async chainId(): Promise<string> {
    return (await this.#provider.viewNodeStatus()).chain_id;
  }

  /** Hash of the newest final block, base58. */
  async finalBlockHash(): Promise<string> {
    return (await this.#provider.viewBlock({ finality: "final" })).header.hash;
  }

  /** @throws Error when there is no such key */
  async accessKeyNonce(accountId: string, publicKey: string): Promise<bigint> {
    const key = await this.#provider.viewAccessKey({ accountId, publicKey, finalityQuery: { finality: "final" } });
    return BigInt(key.nonce);
  }

  /** Code hash of an account, `noCode` where it has no contract; undefined where there is no account. */
  async codeHash(accountId: string): Promise<string | undefined> {
    try {
      return (await this.#provider.viewAccount({ accountId, blockQuery: { finality: "final" } })).code_hash;
    } catch (error) {
      if (isUnknownAccount(error)) return undefined;
      throw error;
    }
  }

  /** The JSON that a view returns, from a final block. */
  async view<T>(contractId: string, method: string, args: Record<string, unknown>): Promise<T> {
    return (await this.#provider.callFunction({
      contractId,
      method,
      args,
      blockQuery: { finality: "final" },
    })) as T;
  }

  /** Sends a transaction and waits until it and all its receipts are final. @throws Error when one of its actions failed */
  async send(signer: OwnAccount, receiverId: string, actions: Action[]): Promise<void> {
    const key = KeyPairSigner.fromSecretKey(signer.secret_key as KeyPairString);
    await new Account(signer.account_id, this.#provider, key).signAndSendTransaction({
      receiverId,
      actions,
      waitUntil: "FINAL",
      throwOnFailure: true,
    });
  }
}

/** `code_hash` of an account without a contract. */
export const noCode = "11111111111111111111111111111111";

function isUnknownAccount(error: unknown): boolean {
  return error instanceof Error && error.name === "AccountDoesNotExistError";
}

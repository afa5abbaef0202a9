/** A NEAR node, as far as a wallet needs one. */
export class Rpc {
  #url;

  /** @param {string} url */
  constructor(url) {
    this.#url = url;
  }

  /**
   * What the next transaction of a key has to name.
   * @param {string} accountId
   * @param {string} publicKey
   */
  async termsOf(accountId, publicKey) {
    const key = await this.#query({ request_type: "view_access_key", account_id: accountId, public_key: publicKey });
    return { nonce: BigInt(key.nonce) + 1n, blockHash: String(key.block_hash) };
  }

  /**
   * Resolves once a final block has the account.
   * @param {string} accountId
   */
  async untilThere(accountId) {
    for (let tries = 0; ; tries += 1) {
      try {
        await this.#query({ request_type: "view_account", account_id: accountId });
        return;
      } catch (error) {
        if (tries === 40) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  /**
   * Sends a transaction, and waits until all that it does is final.
   * @param {string} signedTransaction base64
   * @throws {Error} with the chain's text where it failed; one that says so where nobody knows yet
   */
  async send(signedTransaction) {
    const outcome = await this.#call("send_tx", { signed_tx_base64: signedTransaction, wait_until: "FINAL" }).catch(
      (error) => {
        // The node may have the transaction all the same: only its refusal says that it has not.
        if (error instanceof NodeError && error.cause === "INVALID_TRANSACTION") throw error;
        throw new Error("what became of the transaction is not known yet: look before you send another", {
          cause: error,
        });
      },
    );
    const failure = outcome.status?.Failure;
    if (failure !== undefined) throw new Error(`the transaction failed: ${failureText(failure)}`);
    return outcome;
  }

  /** @param {object} params */
  #query(params) {
    return this.#call("query", { finality: "final", ...params });
  }

  /**
   * @param {string} method
   * @param {object} params
   * @returns {Promise<any>} of a shape by method
   */
  async #call(method, params) {
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = await response.json();
    if (error !== undefined) throw new NodeError(error.cause?.name ?? error.message);
    return result;
  }
}

/** What a node refuses, with its name for that as the cause. */
class NodeError extends Error {
  /** @param {string} cause */
  constructor(cause) {
    super(`NEAR's node refuses it: ${cause}`, { cause });
  }
}

/**
 * The panic of a contract where there is one.
 * @param {any} failure
 */
function failureText(failure) {
  const panic = failure.ActionError?.kind?.FunctionCallError?.ExecutionError;
  return typeof panic === "string" ? panic : JSON.stringify(failure);
}

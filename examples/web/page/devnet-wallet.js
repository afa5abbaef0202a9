/**
 * The devnet's wallet, in a window of its own, with the methods that every wallet of near-connect has (`NearWalletBase`). The page
 * uses nothing else of it, so that a wallet of near-connect takes its place.
 *
 * @typedef {{ readonly accountId: string, readonly publicKey: string }} Account
 *
 * @typedef {object} NearWallet
 * @property {() => Promise<readonly Account[]>} signIn
 * @property {() => Promise<void>} signOut
 * @property {() => Promise<readonly Account[]>} getAccounts
 * @property {(params: { message: string, recipient: string, nonce: Uint8Array }) => Promise<Account & { signature: string }>} signMessage NEP-413
 * @property {(params: { signerId?: string, receiverId: string, actions: readonly object[] }) => Promise<object>} signAndSendTransaction
 * @property {(params: { transactions: readonly object[] }) => Promise<readonly object[]>} signAndSendTransactions
 */

/** How often a window is looked at: browsers do not tell when it is closed. Milliseconds. */
const lookMs = 500;

/**
 * Opens the wallet's window; to be called when the person has pressed something, or the browser refuses.
 * @param {string} origin of the wallet
 * @returns {Promise<NearWallet>} once the wallet is there
 * @throws {Error} where the window is not to be had
 */
export async function openDevnetWallet(origin) {
  const opened = window.open(`${origin}/`, "devnet-wallet", "popup,width=460,height=720");
  if (opened === null) throw new Error("the browser has not opened the wallet's window: allow windows for this page");
  const calls = new Calls(opened, origin);
  await calls.ready;
  return {
    signIn: () => calls.call("near:signIn"),
    signOut: () => calls.call("near:signOut"),
    getAccounts: () => calls.call("near:getAccounts"),
    signMessage: (params) => calls.call("near:signMessage", params),
    signAndSendTransaction: (params) => calls.call("near:signAndSendTransaction", params),
    signAndSendTransactions: (params) => calls.call("near:signAndSendTransactions", params),
  };
}

class Calls {
  #window;
  #origin;
  /** @type {Map<string, { resolve(result: any): void, reject(error: Error): void }>} */
  #pending = new Map();
  /** @type {Promise<any>} */
  ready;

  /**
   * @param {Window} opened
   * @param {string} origin
   */
  constructor(opened, origin) {
    this.#window = opened;
    this.#origin = origin;
    window.addEventListener("message", (event) => this.#hear(event));
    this.ready = this.#wait("ready");
  }

  /**
   * @param {string} method
   * @param {object} params
   * @returns {Promise<any>}
   */
  call(method, params = {}) {
    if (this.#window.closed) return Promise.reject(gone());
    const id = crypto.randomUUID();
    // To this origin only: if the window has gone elsewhere, nobody there reads it.
    this.#window.postMessage({ type: "near-wallet-injected-request", id, method, params }, this.#origin);
    this.#window.focus();
    return this.#wait(id);
  }

  /** @param {MessageEvent} event */
  #hear({ data, origin, source }) {
    if (origin !== this.#origin || source !== this.#window) return;
    if (data?.type === "near-wallet-injected") this.#pending.get("ready")?.resolve(undefined);
    if (data?.type !== "near-wallet-injected-response") return;
    const call = this.#pending.get(data.id);
    if (data.success) call?.resolve(data.result);
    else call?.reject(new Error(String(data.error?.message ?? data.error)));
  }

  /** @param {string} id */
  async #wait(id) {
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#pending.set(id, { resolve, reject });
    const looking = setInterval(() => this.#window.closed && reject(gone()), lookMs);
    try {
      return await promise;
    } finally {
      clearInterval(looking);
      this.#pending.delete(id);
    }
  }
}

function gone() {
  return new Error("the wallet's window is closed, and its key is gone with it: connect again");
}

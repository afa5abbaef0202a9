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
  await calls.ready();
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

  /**
   * @param {Window} opened
   * @param {string} origin
   */
  constructor(opened, origin) {
    this.#window = opened;
    this.#origin = origin;
  }

  /** @returns {Promise<void>} once the wallet has said that it is there */
  ready() {
    return this.#wait((message, { resolve }) => message?.type === "near-wallet-injected" && resolve(undefined));
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
    return this.#wait((message, { resolve, reject }) => {
      if (message?.type !== "near-wallet-injected-response" || message.id !== id) return;
      if (message.success) resolve(message.result);
      else reject(new Error(String(message.error?.message ?? message.error)));
    });
  }

  /**
   * Listens to the wallet as long as something is waited for, and no longer: a page may open wallets again and again.
   * @param {(message: any, call: { resolve(result: any): void, reject(error: Error): void }) => void} hear
   * @returns {Promise<any>}
   */
  async #wait(hear) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const listener = (/** @type {MessageEvent} */ { data, origin, source }) => {
      if (origin === this.#origin && source === this.#window) hear(data, { resolve, reject });
    };
    window.addEventListener("message", listener);
    const looking = setInterval(() => this.#window.closed && reject(gone()), lookMs);
    try {
      return await promise;
    } finally {
      clearInterval(looking);
      window.removeEventListener("message", listener);
    }
  }
}

function gone() {
  return new Error("the wallet's window is closed, and its key is gone with it: connect again");
}

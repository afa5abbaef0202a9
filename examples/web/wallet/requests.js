/**
 * What a page may ask of the wallet, read strictly: whatever is not listed here is refused before the person sees it.
 * The messages are those by which near-connect speaks to a wallet in a parent frame.
 */

import { amountText } from "../common/tokens.js";

/**
 * @typedef {import("./near.js").Action} Action
 *
 * @typedef {{ readonly kind: "signIn" | "signOut" | "getAccounts" }
 *   | { readonly kind: "signMessage", readonly message: string, readonly recipient: string, readonly nonce: Uint8Array<ArrayBuffer> }
 *   | { readonly kind: "signAndSendTransactions", readonly transactions: readonly AskedTransaction[], readonly isSingle: boolean }} Request
 *
 * @typedef {{ readonly receiverId: string, readonly actions: readonly Extract<Action, { type: "FunctionCall" }>[] }} AskedTransaction
 */

const longestText = 32_768;
const mostTransactions = 10;
const mostActions = 10;

/**
 * @param {unknown} method
 * @param {unknown} given
 * @param {string | undefined} accountId the wallet's
 * @returns {Request}
 * @throws {Error} that names what is wrong
 */
export function readRequest(method, given, accountId) {
  const params = /** @type {Record<string, unknown>} */ (given ?? {});
  switch (method) {
    case "near:signIn":
    case "near:signOut":
    case "near:getAccounts":
      return { kind: /** @type {"signIn"} */ (method.slice("near:".length)) };
    case "near:signMessage": {
      const { nonce } = params;
      const bytes = nonce instanceof Uint8Array ? Uint8Array.from(nonce) : undefined;
      if (bytes?.length !== 32) throw new Error("nonce must be a Uint8Array of 32 bytes");
      if (params.callbackUrl !== undefined) throw new Error("callbackUrl is not for a wallet in a window");
      const [message, recipient] = [text(params.message, "message"), text(params.recipient, "recipient")];
      return { kind: "signMessage", message, recipient, nonce: bytes };
    }
    case "near:signAndSendTransaction":
      return { kind: "signAndSendTransactions", transactions: [readTransaction(params, accountId)], isSingle: true };
    case "near:signAndSendTransactions": {
      const asked = list(params.transactions, "transactions", mostTransactions);
      const transactions = asked.map((one) => readTransaction(/** @type {any} */ (one), accountId));
      return { kind: "signAndSendTransactions", transactions, isSingle: false };
    }
    default:
      throw new Error("this wallet has no such method");
  }
}

/**
 * @param {Record<string, unknown>} given
 * @param {string | undefined} accountId
 * @returns {AskedTransaction}
 */
function readTransaction(given, accountId) {
  if (given?.signerId !== undefined && given.signerId !== accountId) throw new Error("signerId is not this account");
  const receiverId = text(given?.receiverId, "receiverId");
  const actions = list(given.actions, "actions", mostActions).map((one) => readAction(/** @type {any} */ (one)));
  return { receiverId, actions };
}

/** @param {{ readonly type?: unknown, readonly params?: Record<string, unknown> }} given as wallets' selectors write actions */
function readAction(given) {
  if (given?.type !== "FunctionCall") throw new Error("this wallet sends function calls only");
  const { methodName, args, gas, deposit } = given.params ?? {};
  return {
    type: /** @type {const} */ ("FunctionCall"),
    methodName: text(methodName, "methodName"),
    args: argumentsOf(args),
    gas: integer(gas, "gas"),
    deposit: integer(deposit, "deposit"),
  };
}

/** @param {unknown} args JSON, or bytes */
function argumentsOf(args) {
  if (args instanceof Uint8Array && args.length <= longestText) return Uint8Array.from(args);
  if (typeof args !== "object" || args === null) throw new Error("args must be an object or bytes");
  return new TextEncoder().encode(text(JSON.stringify(args), "args"));
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function text(value, name) {
  if (typeof value !== "string" || value === "" || value.length > longestText) {
    throw new Error(`${name} must be a text of 1 to ${longestText} characters`);
  }
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function integer(value, name) {
  if (typeof value !== "string" || !/^\d{1,39}$/.test(value)) throw new Error(`${name} must be a decimal integer`);
  return BigInt(value);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @param {number} most
 */
function list(value, name, most) {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) {
    throw new Error(`${name} must be a list of 1 to ${most}`);
  }
  return value;
}

/**
 * What of a message is worth telling the person who signs: a payload of the verifier moves money.
 * @param {string} message
 * @returns {readonly string[]} sentences; none where the message is no such payload
 */
export function intentsOf(message) {
  let payload;
  try {
    payload = JSON.parse(message);
  } catch {
    return [];
  }
  const isPayload = typeof payload === "object" && payload !== null && Array.isArray(payload.intents);
  return isPayload ? payload.intents.map(describe) : [];
}

/** @param {any} intent */
function describe(intent) {
  if (intent?.intent === "transfer" && typeof intent.tokens === "object" && intent.tokens !== null) {
    const amounts = Object.entries(intent.tokens).map(([tokenId, raw]) => amountText(tokenId, String(raw)));
    return `pays ${amounts.join(" and ")} to ${intent.receiver_id}`;
  }
  if (intent?.intent === "remove_public_key") return `removes the key ${intent.public_key} in the verifier`;
  if (intent?.intent === "add_public_key") return `gives the key ${intent.public_key} full control in the verifier`;
  return `an intent that this wallet does not know: ${JSON.stringify(intent)}`;
}

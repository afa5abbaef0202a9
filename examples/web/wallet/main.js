import { busy, byId, element, short } from "../common/dom.js";
import { encodeBase64 } from "../common/encoding.js";
import { Key } from "./key.js";
import { encodeTransaction, nep413Hash, sha256, withSignature } from "./near.js";
import { intentsOf, readRequest } from "./requests.js";
import { Rpc } from "./rpc.js";

/** @typedef {import("./near.js").Action} Action */
/** @typedef {import("./requests.js").Request} Request */

const config = await (await fetch("config.json")).json();
const rpc = new Rpc(config.near_rpc);

/** @type {{ readonly accountId: string, readonly key: Key } | undefined} */
let account;
let isConnected = false;
/** Resolves as soon as there is an account. */
const created = Promise.withResolvers();
/** The requests under way: the person is asked one thing at a time. */
let turn = Promise.resolve();

const problem = byId("problem", HTMLElement);
const dialog = byId("request", HTMLDialogElement);
const name = byId("name", HTMLInputElement);
name.value = `guest-${Math.floor(Math.random() * 36 ** 5).toString(36)}.near`;

byId("create", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void busy(byId("make", HTMLButtonElement), () => reporting(createAccount));
});
const replace = byId("replace", HTMLButtonElement);
replace.addEventListener("click", () => void busy(replace, () => reporting(replaceKey)));

window.addEventListener("message", ({ data, origin, source }) => {
  // Anybody's page can send messages to a window that it has got hold of.
  if (origin !== config.page || source === null || source !== window.opener) return;
  if (data?.type !== "near-wallet-injected-request" || typeof data.id !== "string") return;
  const answer = (/** @type {object} */ result) =>
    window.opener.postMessage({ type: "near-wallet-injected-response", id: data.id, ...result }, config.page);
  turn = turn
    .then(() => perform(data.method, data.params))
    .then(
      (result) => answer({ success: true, result }),
      (error) => answer({ success: false, error: { message: error.message } }),
    );
});
// The page that has opened this window learns that its wallet is there.
if (window.opener !== null) {
  const features = { signMessage: true, signAndSendTransaction: true, signAndSendTransactions: true };
  const manifest = { id: "devnet-wallet", name: "Devnet wallet", version: "1.0.0", features };
  window.opener.postMessage({ type: "near-wallet-injected", manifest }, config.page);
} else {
  problem.textContent = "This window answers the page that opens it: open it from there.";
}

// Hidden until here: what is pressed before this script runs is lost.
show();

/**
 * @param {unknown} method
 * @param {unknown} params
 * @returns {Promise<unknown>}
 */
async function perform(method, params) {
  problem.textContent = "";
  const request = readRequest(method, params, account?.accountId);
  switch (request.kind) {
    case "signIn":
      return connect();
    case "signOut":
      isConnected = false;
      return show();
    case "getAccounts":
      return isConnected && account !== undefined ? [shownTo(account)] : [];
    case "signMessage":
      return signMessage(connected(), request);
    case "signAndSendTransactions": {
      const outcomes = await sendTransactions(connected(), request.transactions);
      return request.isSingle ? outcomes[0] : outcomes;
    }
  }
}

async function connect() {
  const present = account ?? (await created.promise);
  if (!isConnected) {
    const told = element("p", {}, "The page learns the account's name and its public key, and can ask for signatures.");
    await approved(`Connect ${present.accountId}?`, "Connect", [told]);
    isConnected = true;
    show();
  }
  return [shownTo(present)];
}

/**
 * @param {NonNullable<typeof account>} by
 * @param {Extract<Request, { kind: "signMessage" }>} asked
 */
async function signMessage({ accountId, key }, { message, recipient, nonce }) {
  const isPayload = recipient === config.verifier_id;
  const intents = isPayload ? intentsOf(message) : [];
  const warning = isPayload
    ? [element("p", { class: "warning" }, "Whoever has this signature can have it carried out.")]
    : [];
  const says = intents.length === 0 ? [] : [element("ul", {}, ...intents.map((each) => element("li", {}, each)))];
  await approved(isPayload ? "Sign an order to the verifier?" : "Sign a message?", "Sign", [
    ...warning,
    ...says,
    facts([
      ["For", recipient],
      ["Message", element("pre", {}, message)],
      ["As", accountId],
    ]),
  ]);
  const signature = await key.sign(await nep413Hash({ message, nonce, recipient }));
  return { ...shownTo({ accountId, key }), signature: encodeBase64(signature) };
}

/**
 * @param {NonNullable<typeof account>} by
 * @param {Extract<Request, { kind: "signAndSendTransactions" }>["transactions"]} transactions
 */
async function sendTransactions(by, transactions) {
  const calls = transactions.flatMap(({ receiverId, actions }) =>
    actions.map(({ methodName, args, gas, deposit }) =>
      facts([
        ["Calls", `${receiverId} ${methodName}`],
        ["With", element("pre", {}, new TextDecoder().decode(args))],
        ["Deposit", `${deposit} yoctoNEAR`],
        ["Gas", `${gas / 10n ** 12n} Tgas`],
      ]),
    ),
  );
  await approved(calls.length === 1 ? "Send a transaction?" : `Send ${calls.length} calls?`, "Sign and send", calls);
  const outcomes = [];
  for (const { receiverId, actions } of transactions) outcomes.push(await send(by, receiverId, actions));
  return outcomes;
}

/**
 * @param {NonNullable<typeof account>} by
 * @param {string} receiverId
 * @param {readonly Action[]} actions
 */
async function send({ accountId, key }, receiverId, actions) {
  const terms = await rpc.termsOf(accountId, key.publicKey);
  const encoded = encodeTransaction({ signerId: accountId, publicKey: key.publicKey, receiverId, actions, ...terms });
  const signature = await key.sign(await sha256(encoded));
  return rpc.send(encodeBase64(withSignature(encoded, signature)));
}

async function createAccount() {
  if (account !== undefined) return;
  const key = await Key.generate();
  const accountId = name.value.trim();
  const response = await fetch("faucet", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ account_id: accountId, public_key: key.publicKey }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  await rpc.untilThere(accountId);
  account = { accountId, key };
  created.resolve(account);
  show();
}

/** One transaction, so that the account is never without a key. */
async function replaceKey() {
  if (account === undefined) return;
  const { accountId, key } = account;
  const next = await Key.generate();
  await send(account, accountId, [
    { type: "AddFullAccessKey", publicKey: next.publicKey },
    { type: "DeleteKey", publicKey: key.publicKey },
  ]);
  account = { accountId, key: next };
  show();
}

/**
 * Asks the person.
 * @param {string} title
 * @param {string} yes
 * @param {Node[]} details
 * @throws {Error} where the answer is no
 */
async function approved(title, yes, details) {
  const { promise, resolve } = Promise.withResolvers();
  const approve = byId("approve", HTMLButtonElement);
  byId("request-title", HTMLElement).textContent = title;
  byId("asker", HTMLElement).textContent = `Asked by ${config.page}`;
  byId("details", HTMLElement).replaceChildren(...details);
  approve.textContent = yes;
  approve.onclick = () => resolve(true);
  byId("reject", HTMLButtonElement).onclick = () => resolve(false);
  // The Escape key.
  dialog.oncancel = () => resolve(false);
  dialog.showModal();
  byId("request-title", HTMLElement).focus();
  const isApproved = await promise;
  dialog.close();
  if (!isApproved) throw new Error("you have rejected it in the wallet");
}

/** @returns {NonNullable<typeof account>} */
function connected() {
  if (account === undefined || !isConnected) throw new Error("the wallet is not connected to this page");
  return account;
}

/** @param {NonNullable<typeof account>} of */
function shownTo({ accountId, key }) {
  return { accountId, publicKey: key.publicKey };
}

/** @param {(readonly [string, string | Node])[]} rows */
function facts(rows) {
  return element("dl", {}, ...rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]));
}

function show() {
  byId("start", HTMLElement).hidden = account !== undefined;
  byId("account", HTMLElement).hidden = account === undefined;
  if (account === undefined) return;
  byId("account-id", HTMLElement).textContent = account.accountId;
  byId("public-key", HTMLElement).replaceChildren(short(account.key.publicKey));
  byId("connection", HTMLElement).textContent = isConnected ? `connected to ${config.page}` : "not connected";
}

/** @param {() => Promise<void>} work */
async function reporting(work) {
  problem.textContent = "";
  try {
    await work();
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

import { busy, byId, element } from "../common/dom.js";
import { decodeBase64 } from "../common/encoding.js";
import { rawAmount, tokens } from "../common/tokens.js";
import { Coordinator, Refused } from "./coordinator.js";
import { openDevnetWallet } from "./devnet-wallet.js";
import { currentSalt, signIntents, signNep413 } from "./intents.js";
import { accountView, eventView, evidenceView } from "./views.js";

/** How long a payment can be carried out after it was signed, milliseconds: time enough for the gate's line. */
const holdsMs = 10 * 60_000;

const config = await (await fetch("config.json")).json();
const coordinator = new Coordinator(config.rest);

/** @type {{ readonly wallet: import("./devnet-wallet.js").NearWallet, readonly accountId: string } | undefined} */
let connection;
/** @type {{ readonly expires_at: string } | undefined} */
let session;

const problem = byId("problem", HTMLElement);
const amount = byId("amount", HTMLInputElement);
const receiver = byId("receiver", HTMLInputElement);
const token = byId("token", HTMLSelectElement);
for (const { id, name } of tokens) token.append(new Option(name, id));

/** @type {Record<string, () => Promise<void>>} */
const actions = { connect, disconnect, "sign-in": signIn, "sign-out": signOut, refresh: showAccount };
for (const [id, work] of Object.entries(actions)) {
  const pressed = byId(id, HTMLButtonElement);
  pressed.addEventListener("click", () => void busy(pressed, () => reporting(work)));
}
byId("pay", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void busy(byId("send", HTMLButtonElement), () => reporting(pay));
});
// Hidden until here: what is pressed before this script runs is lost.
show();

async function connect() {
  // A wallet of near-connect takes this one's place: `await connector.connect()`.
  const wallet = await openDevnetWallet(config.wallet);
  const [account] = await wallet.signIn();
  if (account === undefined) throw new Error("the wallet has no account");
  connection = { wallet, accountId: account.accountId };
  show();
}

async function disconnect() {
  const { wallet } = connected();
  try {
    if (session !== undefined) await signOut();
  } finally {
    connection = undefined;
    show();
  }
  // The window may be closed by now.
  await wallet.signOut().catch(() => undefined);
}

async function signIn() {
  const { wallet, accountId } = connected();
  const { message, nonce, recipient } = await coordinator.challenge(accountId);
  // A signature for the verifier moves money. None is asked for here.
  if (recipient === config.verifier_id) throw new Error("the challenge to sign in is none");
  const signed = await signNep413(wallet, { message, nonce: decodeBase64(nonce), recipient });
  session = await coordinator.verify(accountId, signed);
  show();
  await showAccount();
}

async function signOut() {
  session = undefined;
  try {
    await coordinator.logout();
  } finally {
    show();
  }
}

async function showAccount() {
  const { accountId } = connected();
  const publicKey = await walletKey();
  const [account, staleKeys] = await Promise.all([
    coordinator.account(
      accountId,
      publicKey,
      tokens.map(({ id }) => id),
    ),
    coordinator.staleKeys(accountId),
  ]);
  const canSign = account.asked_key?.registered === true;
  const work = {
    send: (/** @type {any} */ transaction) => reporting(() => sendTransaction(transaction)),
    removeByIntent: (/** @type {string} */ key) =>
      reporting(() => carry([{ intent: "remove_public_key", public_key: key }])),
  };
  byId("account", HTMLElement).replaceChildren(...accountView(account, staleKeys, publicKey, work));
  byId("account", HTMLElement).hidden = false;
  byId("account-status", HTMLElement).textContent = "";
  byId("pay", HTMLElement).hidden = !canSign;
  byId("pay-status", HTMLElement).textContent = canSign ? "" : "Register your wallet's key first.";
}

async function pay() {
  const chosen = tokens.find(({ id }) => id === token.value);
  if (chosen === undefined) throw new Error("no token is chosen");
  const raw = rawAmount(amount.value, chosen.decimals);
  await carry([{ intent: "transfer", receiver_id: receiver.value.trim(), tokens: { [chosen.id]: raw } }]);
}

/**
 * Has the wallet sign intents, hands them to the coordinator, and shows what becomes of them.
 * @param {readonly object[]} intents
 */
async function carry(intents) {
  const { wallet, accountId } = connected();
  const salt = await currentSalt(config.near_rpc, config.verifier_id);
  const terms = { signerId: accountId, verifierId: config.verifier_id, salt, deadlineMs: Date.now() + holdsMs };
  const record = await coordinator.execute(await signIntents(wallet, { ...terms, intents }));
  await watch(record.request_id);
  await showAccount();
}

/** @param {string} requestId */
async function watch(requestId) {
  const status = byId("workflow-status", HTMLElement);
  const events = byId("events", HTMLElement);
  events.replaceChildren();
  byId("evidence", HTMLElement).replaceChildren();
  byId("workflow", HTMLElement).hidden = false;
  status.textContent = "The coordinator has it.";
  let beganMs;
  for await (const event of coordinator.events(requestId)) {
    beganMs ??= Date.parse(event.at);
    events.append(eventView(event, beganMs));
  }
  const record = await coordinator.record(requestId);
  const outcome = element(
    "span",
    { class: record.status === "succeeded" ? "good" : "bad" },
    record.status.replaceAll("_", " "),
  );
  status.replaceChildren(outcome, record.user_visible_error === null ? "" : `: ${record.user_visible_error}`);
  byId("evidence", HTMLElement).replaceChildren(...evidenceView(record));
}

/** @param {{ readonly signerId: string, readonly receiverId: string, readonly actions: readonly object[] }} transaction as the coordinator names it */
async function sendTransaction(transaction) {
  await connected().wallet.signAndSendTransaction(transaction);
  await showAccount();
}

/** The key that the wallet signs with now: wallets change keys. */
async function walletKey() {
  const { wallet, accountId } = connected();
  const account = (await wallet.getAccounts()).find((each) => each.accountId === accountId);
  if (account === undefined) throw new Error("the wallet has another account now: connect again");
  return account.publicKey;
}

function connected() {
  if (connection === undefined) throw new Error("no wallet is connected");
  return connection;
}

function show() {
  const [isConnected, isSignedIn] = [connection !== undefined, session !== undefined];
  const visible = {
    connect: !isConnected,
    disconnect: isConnected,
    "sign-in": isConnected && !isSignedIn,
    "sign-out": isSignedIn,
    refresh: isSignedIn,
  };
  for (const [id, isVisible] of Object.entries(visible)) byId(id, HTMLElement).hidden = !isVisible;
  byId("wallet-status", HTMLElement).textContent = isConnected
    ? `Connected as ${connection?.accountId}.`
    : "No wallet is connected.";
  byId("session-status", HTMLElement).textContent = sessionText();
  if (isSignedIn) return;
  for (const id of ["account", "pay", "workflow"]) byId(id, HTMLElement).hidden = true;
  byId("account-status", HTMLElement).textContent = "Sign in first.";
  byId("pay-status", HTMLElement).textContent = "Sign in with a registered key first.";
}

function sessionText() {
  if (session !== undefined)
    return `Signed in until ${new Date(session.expires_at).toLocaleTimeString([], { hour12: false })}.`;
  return connection === undefined ? "Connect a wallet first." : "Your wallet signs a message that moves nothing.";
}

/**
 * Shows what went wrong, where people and screen readers find it.
 * @param {() => Promise<void>} work
 */
async function reporting(work) {
  problem.textContent = "";
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) session = undefined;
    if (session === undefined) show();
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

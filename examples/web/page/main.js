import { busy, byId } from "../shared/dom.js";
import { decodeBase64 } from "../shared/encoding.js";
import { tokens } from "../shared/tokens.js";
import { Coordinator, Refused } from "./coordinator.js";
import { openDevnetWallet } from "./devnet-wallet.js";
import { signNep413 } from "./intents.js";
import { accountView } from "./views.js";

const config = await (await fetch("config.json")).json();
const coordinator = new Coordinator(config.rest);

/** @type {{ readonly wallet: import("./devnet-wallet.js").NearWallet, readonly accountId: string } | undefined} */
let connection;
/** @type {{ readonly expires_at: string } | undefined} */
let session;

const problem = byId("problem", HTMLElement);

/** @type {Record<string, () => Promise<void>>} */
const actions = { connect, disconnect, "sign-in": signIn, "sign-out": signOut, refresh: showAccount };
for (const [id, work] of Object.entries(actions)) {
  const pressed = byId(id, HTMLButtonElement);
  pressed.addEventListener("click", () => void busy(pressed, () => reporting(work)));
}
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
  const work = {
    send: (/** @type {any} */ transaction) => reporting(() => sendTransaction(transaction)),
  };
  byId("account", HTMLElement).replaceChildren(...accountView(account, staleKeys, publicKey, work));
  byId("account", HTMLElement).hidden = false;
  byId("account-status", HTMLElement).textContent = "";
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
  byId("account", HTMLElement).hidden = true;
  byId("account-status", HTMLElement).textContent = "Sign in first.";
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

/** What the page shows of the coordinator's answers. */
import { button, element, short } from "../common/dom.js";
import { amountText, tokens } from "../common/tokens.js";

/** @type {Record<string, string>} */
const kinds = {
  named: "a named account",
  implicit_near: "an implicit NEAR account",
  implicit_eth: "an implicit Ethereum account",
  deterministic: "a deterministic account",
};

/** @type {Record<string, string>} */
const onNear = {
  full_access: "full access",
  function_call: "function calls only",
  absent: "not there",
  not_a_near_key: "not a key of NEAR's",
};

/**
 * @typedef {object} AccountActions
 * @property {(transaction: object) => Promise<void>} send has the wallet send a transaction
 * @property {(publicKey: string) => Promise<void>} removeByIntent has the wallet sign the removal of a key
 */

/**
 * @param {any} account answer of `GET /accounts/{id}`
 * @param {readonly any[]} staleKeys
 * @param {string} walletKey the key that the wallet signs with
 * @param {AccountActions} actions
 */
export function accountView(account, staleKeys, walletKey, actions) {
  const balances = tokens.map(({ id }) => amountText(id, account.balances[id] ?? "0"));
  const parts = [
    facts([
      ["Account", account.account_id],
      ["Kind", `${kinds[account.kind] ?? account.kind}, ${account.exists_on_near ? "on NEAR" : "not on NEAR"}`],
      ["Balances", balances.join(", ")],
      ["As of block", String(account.block_height)],
    ]),
    element("p", { class: "hint" }, `The coordinator says: ${account.message}.`),
    element("h3", {}, "Keys that the verifier takes"),
    keysView(account, walletKey),
  ];
  if (account.registration !== null) parts.push(registrationView(account.registration, actions));
  if (staleKeys.length > 0) parts.push(staleKeysView(staleKeys, account.asked_key?.registered === true, actions));
  return parts;
}

/**
 * @param {any} account
 * @param {string} walletKey
 */
function keysView({ keys, keys_total }, walletKey) {
  if (keys_total === 0) return element("p", {}, "None.");
  const rows = keys.map((/** @type {any} */ key) =>
    element(
      "tr",
      {},
      element("td", {}, short(key.public_key), key.public_key === walletKey ? " (your wallet's)" : ""),
      element("td", {}, onNear[key.on_near] ?? key.on_near),
      element("td", {}, key.stale ? element("span", { class: "bad" }, "stale") : "in order"),
    ),
  );
  return table(["Key", "On NEAR", "State"], rows);
}

/**
 * @param {any} registration
 * @param {AccountActions} actions
 */
function registrationView({ transaction, command, wallet_link }, { send }) {
  return element(
    "div",
    { class: "box" },
    element("h3", {}, "Your wallet's key is not registered"),
    element("p", {}, "The account can be paid all the same. To sign, it has to send one transaction, once:"),
    otherWays("Other ways to send it", command, wallet_link),
    element(
      "p",
      { class: "actions" },
      button("Register the key", () => send(transaction)),
    ),
  );
}

/**
 * @param {readonly any[]} staleKeys
 * @param {boolean} canSign whether the wallet's key is registered
 * @param {AccountActions} actions
 */
function staleKeysView(staleKeys, canSign, { send, removeByIntent }) {
  const each = staleKeys.map(({ public_key, removal }) =>
    element(
      "div",
      {},
      element("p", {}, short(public_key)),
      otherWays("Other ways to remove it", removal.command, removal.wallet_link),
      element(
        "p",
        { class: "actions" },
        ...(canSign ? [button("Remove by signature", () => removeByIntent(public_key))] : []),
        button("Remove by transaction", () => send(removal.transaction)),
      ),
    ),
  );
  return element(
    "div",
    { class: "box" },
    element("h3", {}, staleKeys.length === 1 ? "A stale key" : "Stale keys"),
    element(
      "p",
      { class: "warning" },
      "NEAR no longer gives it full access, and whoever has it can still spend all that is in the verifier.",
    ),
    ...each,
  );
}

/**
 * @param {string} title
 * @param {string} command
 * @param {string | null} link
 */
function otherWays(title, command, link) {
  const page = link === null ? [] : [element("p", {}, element("a", { href: link }, "In a web wallet"))];
  return element("details", {}, element("summary", {}, title), element("pre", {}, command), ...page);
}

/**
 * One line of a workflow's log.
 * @param {any} event
 * @param {number} beganMs milliseconds since the epoch
 */
export function eventView({ at, event, status }, beganMs) {
  const seconds = (Date.parse(at) - beganMs) / 1000;
  return element(
    "li",
    {},
    element("span", { class: "at", title: at }, `${seconds.toFixed(1)} s`),
    element("span", {}, words(event)),
    element("span", { class: "status" }, words(status)),
  );
}

/**
 * What is on record, and why it can be believed.
 * @param {any} record
 */
export function evidenceView(record) {
  const steps = record.step_outcomes.map((/** @type {any} */ outcome, /** @type {number} */ index) =>
    stepView(record, outcome?.outcome ?? "unknown", index),
  );
  const deltas = Object.entries(record.balance_deltas).map(([key, delta]) =>
    amountText(key.replace(/:intents$/, ""), String(delta)),
  );
  return [
    element("h3", {}, "The evidence"),
    ...steps,
    facts([
      ["Moved", deltas.length === 0 ? "nothing" : deltas.join(", ")],
      ["Record", record.request_id],
      ["Its hash", short(record.head_hash)],
    ]),
  ];
}

/**
 * @param {any} record
 * @param {string} outcome
 * @param {number} index
 */
function stepView({ dispatch_receipts, submit_tx_hashes, signers }, outcome, index) {
  const receipt = dispatch_receipts[index];
  const submitted = submit_tx_hashes[index];
  const payloads = signers?.[index]?.payloads ?? [];
  return facts([
    ["Outcome", element("span", { class: outcome === "succeeded" ? "good" : "" }, words(outcome))],
    ...payloads.map((/** @type {any} */ { signer, intent_hash }) => [
      "Signed by",
      element(
        "span",
        {},
        `${signer?.account_id ?? "–"}, `,
        short(signer?.public_key ?? "–"),
        ", intent ",
        short(intent_hash),
      ),
    ]),
    ["Submitted by", submitted ? short(submitted) : "–"],
    ["Receipt", receipt ? element("span", {}, short(receipt.receipt_id), ` in block ${receipt.block_height}`) : "–"],
  ]);
}

/** @param {string} name of a state or an event */
const words = (name) => name.replaceAll("_", " ");

/**
 * @param {string[]} heads
 * @param {Node[]} rows
 */
function table(heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  return element(
    "div",
    { class: "scroll" },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
}

/** @param {(readonly [string, string | Node])[]} rows */
function facts(rows) {
  return element("dl", {}, ...rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]));
}

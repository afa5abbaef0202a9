import { decodeBase64 } from "@outlayer/near";
import { table } from "../table.ts";
import { short } from "./abbreviations.ts";
import { type AccountBody, Client, type RecordBody } from "./client.ts";
import { Person, type SignedMessage } from "./person.ts";
import type { RunningProduct } from "./running-product.ts";
import { check } from "./say.ts";

/** A millionth of a wNEAR, three of which are paid and spent. */
const amount = 10n ** 18n;
const name = "olga.near";

/**
 * A person with a wallet of her own: is paid before the verifier knows any key of hers, registers one, signs in, signs three transfers,
 * and finds that a key which she deleted on NEAR still counts, until she removes it.
 */
export async function tellExternal({ info }: Pick<RunningProduct, "info">, say: (text: string) => void): Promise<void> {
  const [wallet] = info.wallets;
  if (wallet === undefined) throw new Error("the devnet has no wallet");
  const payer = new Client(info, wallet.api_key);
  const token = `nep141:${info.wrapped_near_id}`;
  const olga = new Person(name, info);
  await payer.makeAccount(name, olga.publicKey);
  say(`REST is at ${info.rest}, its documentation at ${info.rest}/docs.\n`);

  say(`1. ${wallet.wallet_id} pays ${name}, of whom the verifier knows no key.\n`);
  const gift = { kind: "intents.transfer", token, amount: String(3n * amount), receiver_id: name };
  const paid = await payer.execute({ steps: [gift], idempotency_key: "demo-external-gift" }, 20);
  check(paid.status === "succeeded", paid.user_visible_error ?? paid.status);
  const unclaimed = await payer.account(name, token);
  check(unclaimed.balances[token] === String(3n * amount), `${name} was not paid`);
  check(unclaimed.keys_total === 0, "the verifier knows a key already");
  say(`  ${name} has ${unclaimed.balances[token]} of ${token}.\n  The coordinator says: ${unclaimed.message}.`);

  say("\n2. What the account has to send for that, once:\n");
  const { registration } = unclaimed;
  if (registration === null) throw new Error("the coordinator does not say what to send");
  say(`    ${registration.command}\n`);
  await olga.send(registration.transaction);
  const claimed = await payer.account(name, token);
  showKeys(claimed, say);
  check(isRegistered(claimed, olga.publicKey), "the key is not registered");

  say(`\n3. ${name} signs in.\n`);
  const challenge = await payer.challenge(name);
  say(`  The wallet signs, for ${challenge.recipient}: ${challenge.message}`);
  const signed = olga.signMessage(challenge.message, decodeBase64(challenge.nonce), challenge.recipient);
  const session = await payer.verify(name, signed);
  check(session.registered && session.wallet_id === `account:${name}`, "the session is not hers");
  say(`  A session until ${session.expires_at}, for ${session.wallet_id}.`);
  const client = new Client(info, session.token);

  say(`\n4. ${name} signs three transfers to mike.near, and has them carried:\n`);
  const intent = { intent: "transfer", receiver_id: "mike.near", tokens: { [token]: String(amount) } };
  const payloads = await Promise.all([1, 2, 3].map(() => olga.signIntents([intent])));
  const record = await carry(client, payloads, say);
  showSteps(record, say);
  check(record.balance_deltas[`${token}:intents`] === String(-3n * amount), "the balance delta is not exact");
  const { entries, head } = await client.verifyHistory(record.request_id);
  check(head === record.head_hash, "the record is not at the head of its log");
  say(
    `  balance delta of ${token}: ${-3n * amount}\n  hash chain of ${entries} entries: intact, head ${head.slice(0, 16)}…`,
  );

  say("\n5. The key is replaced on NEAR. The verifier goes on taking the old one:\n");
  const old = await olga.replaceKey();
  const staleKeys = await client.staleKeys(name);
  check(staleKeys.length === 1 && staleKeys[0]?.public_key === old, "the deleted key is not called stale");
  const next = await client.account(name, token, olga.publicKey);
  showKeys(next, say);
  if (next.registration === null) throw new Error("the coordinator does not say how the new key is registered");
  await olga.send(next.registration.transaction);

  say("\n6. The new key is registered, and signs that the old one goes:\n");
  const removal = await olga.signIntents([{ intent: "remove_public_key", public_key: old }]);
  await carry(client, [removal], say);
  const cleaned = await client.account(name, token);
  say("");
  showKeys(cleaned, say);
  check(cleaned.keys_total === 1 && isRegistered(cleaned, olga.publicKey), "the old key is still there");
  check((await client.staleKeys(name)).length === 0, "a stale key is left");

  await client.logout();
  const refused = await client.statusOf(record.request_id);
  check(refused === 401, `a session that was signed out is answered with ${refused}`);
  say("\n  Signed out: the session's token is refused from now on.");
  say("\nDone. The same in a browser: ./dev up --examples.");
}

/** Has each payload carried in a step of its own, and tells what happens until the end. */
async function carry(
  client: Client,
  payloads: readonly SignedMessage[],
  say: (text: string) => void,
): Promise<RecordBody> {
  const steps = payloads.map((payload) => ({ kind: "intents.execute_signed", payloads: [payload] }));
  const { request_id } = await client.execute({ steps }, 0);
  for await (const { version, event, status } of client.progress(request_id)) {
    say(`  ${String(version).padStart(3)}  ${event.padEnd(21)}  ${status}`);
  }
  const record = await client.record(request_id);
  check(record.status === "succeeded", record.user_visible_error ?? record.status);
  return record;
}

function showSteps(record: RecordBody, say: (text: string) => void): void {
  const rows = record.step_outcomes.map(({ outcome }, index) => {
    const receipt = record.dispatch_receipts[index];
    const receiptId = short(receipt?.receipt_id ?? null);
    const [payload] = record.signers[index]?.payloads ?? [];
    return [
      String(index + 1),
      short(payload?.signer?.public_key ?? null),
      short(record.submit_tx_hashes[index] ?? null),
      receiptId,
      String(receipt?.block_height),
      outcome,
    ];
  });
  say(`\n${table(["step", "signed by", "submitted by", "receipt", "block", "outcome"], rows)}\n`);
}

function showKeys({ keys }: AccountBody, say: (text: string) => void): void {
  const rows = keys.map(({ public_key, on_near, stale }) => [
    public_key,
    on_near.replaceAll("_", " "),
    stale ? "stale" : "",
  ]);
  say(table(["key in the verifier", "on NEAR", ""], rows));
}

function isRegistered({ keys }: AccountBody, publicKey: string): boolean {
  return keys.some(({ public_key, stale }) => public_key === publicKey && !stale);
}

import { table } from "../table.ts";
import { near, short } from "./abbreviations.ts";
import { Client, type DirectUserBody } from "./client.ts";
import type { RunningProduct } from "./running-product.ts";
import { check, say } from "./say.ts";

/** The counter proof: one call that truly comes from mike.near. */
const scope = {
  user_id: "mike.near",
  registry_id: "mike.sequential.near",
  receiver_id: "count.mike.near",
  method_names: ["increase"],
};
const call = { ...scope, idempotency_key: "demo-count" };

/** A user's own key, installed by hand; the count before, the transaction, the count after; and the same request once more. */
export async function tellDirectUser({ info }: RunningProduct): Promise<void> {
  const [wallet] = info.wallets;
  if (wallet === undefined) throw new Error("the devnet has no wallet");
  const client = new Client(info, wallet.api_key);
  say(`REST is at ${info.rest}, its documentation at ${info.rest}/docs.\n`);

  say(
    `1. The key that ${wallet.wallet_id} has for ${scope.user_id} to call ${scope.method_names} of ${scope.receiver_id}.\n`,
  );
  const key = await client.prepareKey(scope);
  say(`  ${key.public_key}\n\n  The user installs it with\n\n    ${key.install_command}\n`);
  const before = await client.keyStatus(scope);
  check(!before.installed && before.reason === "absent", "the key is there already");
  say(`  Until then: ${before.message}.\n`);

  say("2. The user does so; here the devnet stands in for the command.\n");
  await client.installKey(scope, key.public_key);
  const installed = await client.keyStatusOnce(scope, (status) => status.installed);
  say(
    `  installed at block ${installed.block_height}, with an allowance of ${near(installed.allowance_yocto ?? "0")}\n`,
  );

  say("3. One call.\n");
  const record = await client.executeDirectUser(call, 20);
  check(record.status === "succeeded", record.user_visible_error ?? record.status);
  const { count_before, count_after, tx_hash, block_height, receipt_id, ambiguous } = record.direct_user_evidence;
  say(
    table(
      ["count before", "transaction of the user", "receipt", "block", "count after"],
      [[String(count_before), short(tx_hash), short(receipt_id), String(block_height), String(count_after)]],
    ),
  );
  check(count_before !== null && count_after === count_before + 1 && !ambiguous, "it did not count exactly once");
  const { entries, head } = await client.verifyHistory(record.request_id);
  say(`\n  hash chain of ${entries} entries: intact, head ${head.slice(0, 16)}…`);

  say("\n4. The same request once more.\n");
  const again = await client.executeDirectUser(call, 5);
  const counted = await client.count(scope.receiver_id);
  check(sameProof(again, record), "a second record was made");
  check(counted === count_after, `the contract counts ${counted}`);
  say(`  same record ${again.request_id}, and the contract still counts ${counted}: nothing happened twice.`);
  say("\nDone. Try it yourself with ./dev up.");
}

function sameProof(again: DirectUserBody, record: DirectUserBody): boolean {
  return again.request_id === record.request_id && again.head_hash === record.head_hash;
}

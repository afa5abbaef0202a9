import { systemPorts } from "@outlayer/kit";
import { table } from "../table.ts";
import { near, short } from "./abbreviations.ts";
import { Client, type RecordBody } from "./client.ts";
import type { RunningProduct } from "./running-product.ts";
import { check, say } from "./say.ts";

/** The demo's transfer, made three times: a millionth of a wNEAR. */
function transferOf(wrappedNearId: string) {
  return {
    kind: "intents.transfer",
    token: `nep141:${wrappedNearId}`,
    amount: "1000000000000000000",
    receiver_id: "mike.near",
  };
}

/** Three transfers through the gate, their evidence, and the same request once more. */
export async function tellDust({ info, peakMemory }: RunningProduct): Promise<void> {
  const [wallet] = info.wallets;
  if (wallet === undefined) throw new Error("there is no wallet");
  const client = new Client(info, wallet.api_key);
  const transfer = transferOf(info.wrapped_near_id);
  const workflow = { steps: [transfer, transfer, transfer], idempotency_key: "demo-dust" };
  say(`REST is at ${info.rest}, its documentation at ${info.rest}/docs.\n`);

  say(
    `1. The plan: three transfers of ${transfer.amount} ${transfer.token} from ${wallet.wallet_id} to ${transfer.receiver_id}.\n`,
  );
  const plan = await client.plan(workflow);
  say(
    table(
      ["step", "lane", "calls"],
      plan.steps.map((step, index) => [String(index + 1), step.lane, `${step.receiver_id} ${step.method_name}`]),
    ),
  );

  say("\n2. Executing it. What the workflow's log says, as it happens:\n");
  const { clock } = systemPorts();
  const earlier = await client.submissionsOnChain();
  const begun = clock.now();
  const { request_id } = await client.execute(workflow, 0);
  for await (const event of client.progress(request_id)) {
    const seconds = ((clock.now() - begun) / 1000).toFixed(2).padStart(6);
    const dispatched = event.dispatch_block_heights.filter((height) => height !== null);
    const detail = event.event === "step_resolved" ? `dispatched in block ${dispatched.at(-1)}` : "";
    say(
      `  ${seconds} s  ${String(event.version).padStart(2)}  ${event.event.padEnd(21)}  ${event.status.padEnd(15)}  ${detail}`.trimEnd(),
    );
  }
  const record = await client.record(request_id);
  showEvidence(record, transfer.token);

  const { entries, head } = await client.verifyHistory(request_id);
  say(`  hash chain of ${entries} entries: intact, head ${head.slice(0, 16)}…`);
  check(head === record.head_hash && entries === record.version, "the record is not at the head of its log");

  say("\n4. The same request once more.\n");
  const before = await client.submissionsOnChain();
  const again = await client.execute(workflow, 5);
  const after = await client.submissionsOnChain();
  check(again.request_id === request_id && again.head_hash === record.head_hash, "a second record was made");
  check(before === after && after - earlier === 3, `the gate counts ${after - earlier} submissions`);
  say(`  same record ${again.request_id}, still ${after - earlier} submissions on the gate: nothing happened twice.`);

  const peaks = peakMemory().flatMap(([process, bytes]) =>
    bytes === undefined ? [] : [`${process} ${Math.round(bytes / 1e6)} MB`],
  );
  if (peaks.length > 0) say(`\nPeak memory: ${peaks.join(", ")}.`);
  say("Done. Try it yourself with ./dev up.");
}

function showEvidence(record: RecordBody, token: string): void {
  say(`\n3. The evidence, in the order of the request: ${record.request_id} ${record.status}.\n`);
  const rows = record.step_outcomes.map(({ outcome }, index) => {
    const receipt = record.dispatch_receipts[index];
    const [submitted, intent, dispatched] = [
      record.submit_tx_hashes,
      record.intent_ids,
      record.dispatch_block_heights,
    ].map((values) => values[index] ?? null);
    return [
      String(index + 1),
      String(intent),
      short(submitted === null ? null : String(submitted)),
      String(dispatched),
      String(receipt?.block_height),
      short(receipt?.receipt_id ?? null),
      outcome,
    ];
  });
  say(table(["step", "intent", "submitted by", "dispatch block", "receipt block", "receipt", "outcome"], rows));
  const heights = record.dispatch_block_heights.map(Number);
  const delta = record.balance_deltas[`${token}:intents`];
  say(
    `\n  resumed by ${short(record.resume_tx_hash)}, dispatched ${heights
      .slice(1)
      .map((height, index) => `+${height - (heights[index] ?? 0)}`)
      .join(" and ")} blocks apart`,
  );
  say(`  balance delta of ${token} in the verifier: ${delta}`);
  say(`  gate fee ${near(record.fees.gate_fee_yocto)}, gas ${near(record.fees.gas_burnt_yocto)}`);
  check(record.status === "succeeded", record.user_visible_error ?? record.status);
  check(record.signed_nep413_payloads.length === 3, "not every step has a signed payload");
  check(
    heights.every((height, index) => index === 0 || height - (heights[index - 1] ?? 0) === 3),
    "dispatches are not three blocks apart",
  );
  check(delta === "-3000000000000000000", "the balance delta is not exact");
}

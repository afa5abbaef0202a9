import { aftermathsOf } from "../aftermath.ts";
import { type ChainFacts, eventsOf, type RanReceipt, traceOf } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { WorkflowFacts } from "../workflow.ts";

/** What it has moved and what it has cost, as the chain says. */
export function checkMoney(chain: ChainFacts, workflow: WorkflowFacts, verifierId: string): Violation[] {
  const { requestId, isEnded } = workflow;
  if (!isEnded) return [];
  const wrong = [...checkDeltas(chain, workflow, verifierId), ...checkFees(chain, workflow)];
  return wrong.map((sentence) => ({ kind: "untrue", requestId, sentence }));
}

function checkDeltas(chain: ChainFacts, workflow: WorkflowFacts, verifierId: string): string[] {
  const { record, steps, accountId } = workflow;
  const deltas = new Map<string, bigint>();
  if (steps.every(({ isPayload }) => isPayload) && accountId !== undefined) {
    for (const step of steps) {
      for (const { dispatched, returned } of aftermathsOf(chain, workflow, verifierId, step)) {
        const { target } = dispatched;
        if (target?.executorId === verifierId) addDeltas(deltas, target, accountId);
        for (const [token, amount] of returned) deltas.set(token, (deltas.get(token) ?? 0n) + amount);
      }
    }
  }
  const expected = [...deltas].filter(([, delta]) => delta !== 0n).map(([token, delta]) => `${token}:intents ${delta}`);
  const said = Object.entries(record.balance_deltas).map(([token, delta]) => `${token} ${delta}`);
  const [a, b] = [expected.sort().join(), said.sort().join()];
  return a === b ? [] : [`its balance deltas are ${a || "none"}, not ${b || "none"}`];
}

function addDeltas(deltas: Map<string, bigint>, receipt: RanReceipt, accountId: string): void {
  const add = (tokens: readonly string[], amounts: readonly string[], sign: bigint) => {
    for (const [index, token] of tokens.entries()) {
      deltas.set(token, (deltas.get(token) ?? 0n) + sign * BigInt(amounts[index] ?? 0));
    }
  };
  for (const { standard, event, data } of eventsOf(receipt)) {
    if (standard !== "nep245") continue;
    for (const { old_owner_id, new_owner_id, owner_id, token_ids, amounts } of data) {
      if (event === "mt_transfer" && old_owner_id === accountId) add(token_ids, amounts, -1n);
      if (event === "mt_transfer" && new_owner_id === accountId) add(token_ids, amounts, 1n);
      if (event === "mt_burn" && owner_id === accountId) add(token_ids, amounts, -1n);
      if (event === "mt_mint" && owner_id === accountId) add(token_ids, amounts, 1n);
    }
  }
}

function checkFees({ transactions }: ChainFacts, workflow: WorkflowFacts): string[] {
  const { record, submissions, resumes, cancels, userCall, left } = workflow;
  let gate = 0n;
  let gas = 0n;
  const late: RanReceipt[][] = [];
  for (const { hash } of [...submissions, ...resumes, ...cancels, ...(userCall?.signed ?? [])]) {
    const transaction = transactions.get(hash);
    gas += transaction?.tokensBurnt ?? 0n;
    if (left.has(hash)) late.push([...(transaction?.receipts ?? [])]);
    for (const receipt of transaction?.receipts ?? []) {
      if (receipt.status.kind === "failure") continue;
      for (const event of traceOf(receipt)) if (event.ev === "fee_charged") gate += BigInt(event.amount);
    }
  }
  const { gate_fee_yocto, gas_burnt_yocto, forgotten_tx_hashes } = record.fees;
  // What no node remembers is missing from the record, which says so.
  if (forgotten_tx_hashes.length > 0) {
    const isMore = BigInt(gate_fee_yocto) > gate || BigInt(gas_burnt_yocto) > gas;
    return isMore ? [`${gate_fee_yocto} of fees and ${gas_burnt_yocto} of gas are more than was paid`] : [];
  }
  return [
    ...(String(gate) === gate_fee_yocto ? [] : [`the gate kept ${gate}, not ${gate_fee_yocto}`]),
    ...(isCost(gas, late, gas_burnt_yocto) ? [] : [`${gas} of gas were burnt, not ${gas_burnt_yocto}`]),
  ];
}

/**
 * A workflow may end before intents that it leaves on the gate time out: what those burn from some block on is not in its record.
 * @param late receipts of each transaction that carried one; they are read one after another, so each from a block of its own
 */
function isCost(gas: bigint, late: readonly (readonly RanReceipt[])[], said: string): boolean {
  const [receipts, ...others] = late;
  if (receipts === undefined) return String(gas) === said;
  const cuts = [Number.POSITIVE_INFINITY, ...receipts.map(({ height }) => height)];
  return cuts.some((cut) => {
    const after = receipts
      .filter(({ height }) => height >= cut)
      .reduce((sum, { tokensBurnt }) => sum + tokensBurnt, 0n);
    return isCost(gas - after, others, said);
  });
}

import type { Env } from "../../contract.ts";

/** One trace line: `trace:` and JSON with the field `ev` first. Values are inserted unquoted. */
function trace(
  env: Env,
  event: string,
  fields: Readonly<Record<string, string | number | bigint | boolean | null>>,
): void {
  const parts = Object.entries(fields).map(([name, value]) => `,"${name}":${value}`);
  env.log(`trace:{"ev":"${event}"${parts.join("")}}`);
}

/** Not escaped, as in the real gate: a quote in a method name makes the line unparsable. */
function quoted(value: string | bigint): string {
  return `"${value}"`;
}

/** The gate's trace events, each with its fields in the order of the line. */
export const traces = {
  gateInited: (env: Env, owner: string, approver: string) =>
    trace(env, "gate_inited", { owner: quoted(owner), approver: quoted(approver) }),
  relayerAdded: (env: Env, account: string) => trace(env, "relayer_added", { account: quoted(account) }),
  relayerRemoved: (env: Env, account: string) => trace(env, "relayer_removed", { account: quoted(account) }),
  approverSet: (env: Env, account: string) => trace(env, "approver_set", { account: quoted(account) }),
  feeTiersSet: (env: Env, tiersLength: number, maxCap: number) =>
    trace(env, "fee_tiers_set", { tiers_len: tiersLength, max_cap: maxCap }),
  feesWithdrawn: (env: Env, amountYocto: bigint, to: string) =>
    trace(env, "fees_withdrawn", { amount: quoted(amountYocto), to: quoted(to) }),
  batchTailReset: (env: Env, cleared: number) => trace(env, "batch_tail_reset", { cleared }),

  intentSubmitted: (env: Env, id: bigint, sender: string, receiver: string, method: string, nonce: bigint) =>
    trace(env, "intent_submitted", {
      id,
      sender: quoted(sender),
      receiver: quoted(receiver),
      method: quoted(method),
      nonce,
    }),
  feeCharged: (env: Env, count: number, amountYocto: bigint, tierCap: number) =>
    trace(env, "fee_charged", { n: count, amount: quoted(amountYocto), tier_cap: tierCap }),
  batchStarted: (env: Env, batchId: bigint, count: number, firstId: bigint) =>
    trace(env, "batch_started", { batch_id: batchId, n: count, first_id: firstId }),
  intentResumed: (env: Env, id: bigint, approve: boolean) => trace(env, "intent_resumed", { id, approve }),
  intentDispatched: (env: Env, id: bigint, receiver: string, method: string, seq: number | null) =>
    trace(env, "intent_dispatched", { id, receiver: quoted(receiver), method: quoted(method), seq }),
  chainContinued: (env: Env, nextId: bigint, nextSeq: number, tailRemaining: number) =>
    trace(env, "chain_continued", { next_id: nextId, next_seq: nextSeq, tail_remaining: tailRemaining }),
  intentTimedOut: (env: Env, id: bigint) =>
    trace(env, "intent_resolved_err", { id, reason: quoted("timeout"), detail: quoted("Failed") }),
  intentRejected: (env: Env, id: bigint) => trace(env, "intent_resolved_err", { id, reason: quoted("rejected") }),
} as const;

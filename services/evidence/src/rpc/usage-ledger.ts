import type {
  ReadUsageRequest,
  ReleaseUsageRequest,
  ReserveUsageRequest,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { conflict } from "@outlayer/kit";
import type { EvidenceStore } from "../core/store.ts";
import { type Amounts, type Ledger, release, reserve, usageOfOthers } from "../core/usage.ts";
import { ledgerOf, usageEntry } from "../core/usage-entry.ts";
import { checkLease, type LeaseDeps } from "./leases.ts";

export interface UsageLedgerDeps {
  readonly store: EvidenceStore;
  readonly leases: Pick<LeaseDeps, "store">;
  readonly now: () => number;
}

export async function readUsage(deps: UsageLedgerDeps, { walletId, exceptRequestId }: ReadUsageRequest) {
  const { seq, ledger } = await readLedger(deps, walletId, exceptRequestId);
  const { hour, day, month } = usageOfOthers(ledger, deps.now());
  const usage = {
    hourly: asText(hour.amounts),
    daily: asText(day.amounts),
    monthly: asText(month.amounts),
    hourlyTxCount: hour.transactions,
  };
  return { seq: BigInt(seq), usage };
}

export async function reserveUsage(deps: UsageLedgerDeps, request: ReserveUsageRequest) {
  const { walletId, requestId, expectedSeq, steps, lease } = request;
  await checkLease(deps.leases, lease);
  const moved = () => conflict(`the usage ledger of ${walletId} has moved on from entry ${expectedSeq}`);
  const { seq, ledger } = await readLedger(deps, walletId, requestId);
  if (seq !== Number(expectedSeq)) throw moved();
  const after = reserve(ledger, steps.map(amountsOf), deps.now());
  const entry = usageEntry({ walletId, seq: seq + 1, requestId }, "reserved", after);
  if ((await deps.store.appendUsage(entry)) === "conflict") throw moved();
  return { seq: BigInt(entry.seq) };
}

/** Begins again when somebody else was faster: what is released does not depend on what they did. */
export async function releaseUsage(deps: UsageLedgerDeps, request: ReleaseUsageRequest) {
  const { walletId, requestId, steps, lease } = request;
  await checkLease(deps.leases, lease);
  for (;;) {
    const { seq, ledger } = await readLedger(deps, walletId, requestId);
    const after = release(ledger, new Set(steps), deps.now());
    if (after === undefined) return { seq: BigInt(seq) };
    const entry = usageEntry({ walletId, seq: seq + 1, requestId }, "released", after);
    if ((await deps.store.appendUsage(entry)) === "appended") return { seq: BigInt(entry.seq) };
  }
}

/**
 * The latest entry is read first: should one of the request come between the two reads, then the latest is not the
 * latest any more, and whatever is written on the strength of it finds its place taken.
 */
async function readLedger(
  { store }: UsageLedgerDeps,
  walletId: string,
  requestId: string | undefined,
): Promise<{ seq: number; ledger: Ledger }> {
  const last = await store.lastUsageEntry(walletId);
  const own = requestId === undefined ? undefined : await store.lastUsageEntryOf(walletId, requestId);
  return { seq: last?.seq ?? 0, ledger: ledgerOf(last, own) };
}

/** One step's amounts; a token that is named twice counts twice. */
function amountsOf({ amounts }: ReserveUsageRequest["steps"][number]): Amounts {
  const sums = new Map<string, bigint>();
  for (const { token, amount } of amounts) sums.set(token, (sums.get(token) ?? 0n) + BigInt(amount));
  return sums;
}

function asText(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([token, amount]) => [token, amount.toString()]));
}

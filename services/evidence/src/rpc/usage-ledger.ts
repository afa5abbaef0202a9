import { create } from "@bufbuild/protobuf";
import { countsDigest, type UsageProofs } from "@outlayer/access";
import type {
  ReadUsageRequest,
  ReleaseUsageRequest,
  ReserveUsageRequest,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { type Usage, UsageSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { Code, conflict, type Logger, Refusal, unavailable } from "@outlayer/kit";
import type { Sha256Hex } from "../core/entry.ts";
import type { WorkflowLog } from "../core/log.ts";
import { eventOf } from "../core/record.ts";
import { type FatesOnTerms, fatesOnTerms } from "../core/signed-terms.ts";
import {
  type Amounts,
  isOnOtherTerms,
  type Ledger,
  release,
  reserve,
  supersede,
  usageOfOthers,
} from "../core/usage.ts";
import type { UsageLedgers } from "../core/usage-ledgers.ts";
import { checkLease, type LeaseCheckDeps } from "./leases.ts";

export interface UsageLedgerDeps {
  readonly ledgers: UsageLedgers;
  readonly log: Pick<WorkflowLog, "entries" | "partition">;
  /** Makes the MACs that signer-proxy checks. */
  readonly proofs: UsageProofs;
  readonly leases: LeaseCheckDeps;
  readonly now: () => number;
  readonly sha256Hex: Sha256Hex;
  readonly logger: Logger;
}

export async function readUsage(deps: UsageLedgerDeps, { walletId, exceptRequestId }: ReadUsageRequest) {
  const ledger = await deps.ledgers.read(walletId, exceptRequestId);
  const seq = BigInt(ledger.seq);
  const now = deps.now();
  const { hour, day, month } = usageOfOthers(ledger, now);
  const usage: Usage = create(UsageSchema, {
    hourly: asText(hour.amounts),
    daily: asText(day.amounts),
    monthly: asText(month.amounts),
    hourlyTxCount: hour.transactions,
  });
  const statement = deps.proofs.state({ walletId, requestId: exceptRequestId }, seq, usage, now);
  return { seq, usage, statement };
}

/**
 * Counts what policy allowed. Earlier signatures of the request on other terms keep counting beside it, unless the log says that
 * they were discarded and are over; then the ledger has moved, and policy must be asked again.
 */
export async function reserveUsage(deps: UsageLedgerDeps, request: ReserveUsageRequest) {
  const { walletId, requestId, expectedSeq, steps, lease, termsDigest } = request;
  await checkLease(deps.leases, lease, await deps.log.partition(requestId));
  const moved = () => conflict(`the usage ledger of ${walletId} has moved on from entry ${expectedSeq}`);
  const ledger = await deps.ledgers.readAt(walletId, requestId, Number(expectedSeq));
  if (ledger.seq !== Number(expectedSeq)) throw moved();
  const isOther = isOnOtherTerms(ledger, termsDigest);
  const discard = isOther ? await discardOf(deps, requestId, ledger) : "none";
  if (discard === "possible") {
    throw unavailable(`what was discarded for ${requestId} is not dead yet by evidence's clock: try again`);
  }
  if (isOther && discard === "none") {
    await deps.ledgers.append(ledger, request, "superseded", supersede(ledger, deps.now()));
    throw moved();
  }
  const current = isOther ? { ...ledger, own: ledger.own && { ...ledger.own, terms: "" } } : ledger;
  const change = reserve(current, steps.map(amountsOf), termsDigest, deps.now());
  const appended = await deps.ledgers.append(ledger, request, "reserved", change);
  if (appended === undefined) throw moved();
  const seq = BigInt(appended);
  if (termsDigest === "") return { seq };
  const reserved = { seq: expectedSeq, countsDigest: countsDigest(steps), termsDigest };
  return { seq, reservation: deps.proofs.reserve(walletId, requestId, reserved) };
}

/**
 * Retries its compare-and-set, since the release does not depend on other requests. A step that may have been signed is released
 * where the log says that its signature is over; where the log says nothing, or that it was executed, it counts on.
 * @throws Refusal FailedPrecondition, STILL_POSSIBLE
 */
export async function releaseUsage(deps: UsageLedgerDeps, request: ReleaseUsageRequest) {
  const { walletId, requestId, steps, lease } = request;
  await checkLease(deps.leases, lease, await deps.log.partition(requestId));
  for (;;) {
    const ledger = await deps.ledgers.read(walletId, requestId);
    const released = await releasable(deps, requestId, ledger, steps);
    const change = release(ledger, released, deps.now());
    if (change === undefined) return { seq: BigInt(ledger.seq) };
    const appended = await deps.ledgers.append(ledger, request, "released", change);
    if (appended !== undefined) return { seq: BigInt(appended) };
  }
}

/** The steps that cannot have been signed, or whose signatures are over by the log. */
async function releasable(
  deps: UsageLedgerDeps,
  requestId: string,
  ledger: Ledger,
  steps: readonly number[],
): Promise<ReadonlySet<number>> {
  if ((ledger.own?.terms ?? "") === "") return new Set(steps);
  const fates = await fatesOf(deps, requestId, ledger);
  const possible = steps.find((step) => fates.of(step) === "possible");
  if (possible !== undefined) {
    const message = `step ${possible} of ${requestId} can still execute, as its log says`;
    throw new Refusal(Code.FailedPrecondition, message, { reason: "STILL_POSSIBLE", requestId });
  }
  const over = steps.filter((step) => fates.of(step) === "over");
  if (over.length < steps.length) {
    deps.logger.warn(
      { request_id: requestId, asked: steps, released: over },
      "usage of steps that may have been signed is not released",
    );
  }
  return new Set(over);
}

/**
 * Whether the log says that signatures on the own reservation's terms were discarded, and whether one can still execute. If
 * evidence's clock is behind the chain's, the caller must wait: else dead signatures would count beside the new ones for good.
 */
async function discardOf(
  deps: UsageLedgerDeps,
  requestId: string,
  ledger: Ledger,
): Promise<"none" | "possible" | "over"> {
  const { discarded, of } = await fatesOf(deps, requestId, ledger);
  if (!discarded) return "none";
  const fates = (ledger.own?.steps ?? []).map((_, step) => of(step));
  if (fates.includes("possible")) return "possible";
  return fates.every((fate) => fate === "over") ? "over" : "none";
}

async function fatesOf(
  { log, now, sha256Hex }: UsageLedgerDeps,
  requestId: string,
  { own }: Ledger,
): Promise<FatesOnTerms> {
  return fatesOnTerms((await log.entries(requestId)).map(eventOf), own?.terms ?? "", now(), sha256Hex);
}

/** The amounts of one step; those of a token that occurs twice are added up. */
function amountsOf({ amounts }: ReserveUsageRequest["steps"][number]): Amounts {
  const sums = new Map<string, bigint>();
  for (const { token, amount } of amounts) sums.set(token, (sums.get(token) ?? 0n) + BigInt(amount));
  return sums;
}

function asText(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([token, amount]) => [token, amount.toString()]));
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import { quotaExceeded } from "@outlayer/access";
import type {
  ChargeOperatorRequest,
  CountPlanRequest,
  QuotaStandingSchema,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { Refusal } from "@outlayer/kit";
import type { QuotaStanding, QuotaUnit } from "@outlayer/workflow";
import type { WorkflowLog } from "../core/log.ts";
import type { Admission, QuotaBook, Whose } from "../core/quota-book.ts";
import type { QuotaName, Standing } from "../core/quotas.ts";
import { checkLease, type LeaseCheckDeps } from "./leases.ts";

/** @throws Refusal ResourceExhausted, QUOTA_EXCEEDED */
export async function countPlan(quotas: QuotaBook, { walletId }: CountPlanRequest) {
  const counted = await quotas.countPlan(walletId);
  if (counted.kind === "exceeded") throw refusalOf(counted);
  return { quotas: counted.standings.map(standingMessage) };
}

interface ChargeDeps {
  readonly quotas: QuotaBook;
  readonly log: Pick<WorkflowLog, "partition">;
  readonly leases: LeaseCheckDeps;
}

export async function chargeOperator(
  { quotas, log, leases }: ChargeDeps,
  { walletId, requestId, yocto, lease }: ChargeOperatorRequest,
) {
  await checkLease(leases, lease, await log.partition(requestId));
  await quotas.charge(walletId, requestId, BigInt(yocto));
  return {};
}

const units: { readonly [Q in QuotaName]: QuotaUnit } = {
  open_workflows: "concurrent-requests",
  starts_per_hour: "requests",
  plans_per_minute: "requests",
  operator_near_per_day: "millinear",
};

/** Names the quota that is used up, and when a retry can succeed. */
export function refusalOf({ standing, retryAfterSecs, whose }: Extract<Admission, { kind: "exceeded" }>): Refusal {
  const exceeded = { standing: standingOf(standing), retryAfterSecs };
  return quotaExceeded(`${sentenceOf(standing, whose)}: nothing was recorded`, exceeded);
}

function sentenceOf({ quota, limit }: Standing, whose: Whose): string {
  const [who, has, its] =
    whose === "wallet" ? ["the wallet", "has", "its"] : ["all sessions together", "have", "their"];
  switch (quota) {
    case "open_workflows":
      return `${who} ${has} ${limit} workflows that have not ended, which is ${its} quota open_workflows`;
    case "starts_per_hour":
      return `${who} ${has} started ${limit} requests in this UTC hour, which is ${its} quota starts_per_hour`;
    case "plans_per_minute":
      return `${who} ${has} asked for ${limit} plans or preflights in this UTC minute, which is ${its} quota plans_per_minute`;
    case "operator_near_per_day":
      return `what ${who} ${has} cost the operator in this UTC day, with what ${its} open workflows may cost, leaves too little of ${its} quota operator_near_per_day (${limit / 1000} NEAR)`;
  }
}

function standingOf(standing: Standing): QuotaStanding {
  return { ...standing, unit: units[standing.quota] };
}

export function standingMessage(standing: Standing) {
  const { quota, limit, remaining, unit, window } = standingOf(standing);
  const times = window === undefined ? {} : { windowSecs: window.secs, resetSecs: window.resetSecs };
  return {
    quota,
    limit: BigInt(limit),
    remaining: BigInt(remaining),
    unit,
    ...times,
  } satisfies MessageInitShape<typeof QuotaStandingSchema>;
}

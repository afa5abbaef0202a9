import { OpenRequests } from "./open-requests.ts";
import { windowStart } from "./usage.ts";

/** A wallet's limits (rule: quota-is-per-wallet). */
export interface Quotas {
  /** Workflows that have not ended, of any endpoint. */
  readonly openWorkflows: number;
  /** Records opened in a UTC hour. */
  readonly startsPerHour: number;
  /** Requests in a UTC minute that are answered without a record: plans, preflights, look-ups of users' keys. */
  readonly plansPerMinute: number;
  /** Most that the relayer and the approver pay for a wallet in a UTC day: fees and gas, also for workflows that failed. */
  readonly operatorYoctoPerDay: bigint;
}

export type QuotaName = "open_workflows" | "starts_per_hour" | "plans_per_minute" | "operator_near_per_day";

/** The default quotas, and the wallets with others. */
export interface QuotaRules {
  readonly default: Quotas;
  readonly exceptions: ReadonlyMap<string, Quotas>;
}

export const defaultQuotas: Quotas = {
  openWorkflows: 200,
  startsPerHour: 1_000,
  plansPerMinute: 60,
  operatorYoctoPerDay: 5_000_000_000_000_000_000_000_000n,
};

/** A wallet's current counts. */
export interface Account {
  /** When it last changed, milliseconds since the epoch. Time does not go back within an account. */
  readonly atMs: number;
  /** When open requests were last checked against their logs. */
  readonly auditedAtMs: number;
  readonly plans: Count;
  readonly starts: Count;
  readonly spent: Spent;
  readonly open: OpenRequests;
}

interface Count {
  /** The window's beginning, milliseconds since the epoch. */
  readonly startMs: number;
  readonly count: number;
}

interface Spent {
  readonly startMs: number;
  readonly yocto: bigint;
}

/** The current standing of a quota. */
export interface Standing {
  readonly quota: QuotaName;
  /** In whole units: requests, or thousandths of a NEAR, rounded down. */
  readonly limit: number;
  readonly remaining: number;
  /** Undefined for a quota without a window. */
  readonly window: { readonly secs: number; readonly resetSecs: number } | undefined;
}

export interface Exceeded {
  readonly kind: "exceeded";
  readonly standing: Standing;
  /** Seconds until a retry can succeed. */
  readonly retryAfterSecs: number;
}

export type Counted = { readonly kind: "counted"; readonly account: Account } | Exceeded;

/** Seconds until a retry, where only the end of an open workflow makes room. */
const openRetrySecs = 5;
const milliNear = 10n ** 21n;

export const emptyAccount: Account = {
  atMs: 0,
  auditedAtMs: 0,
  plans: { startMs: 0, count: 0 },
  starts: { startMs: 0, count: 0 },
  spent: { startMs: 0, yocto: 0n },
  open: OpenRequests.none,
};

export function countPlan(before: Account, quotas: Quotas, nowMs: number): Counted {
  const account = rolledOver(before, nowMs);
  if (account.plans.count >= quotas.plansPerMinute) return exceeded("plans_per_minute", account, quotas);
  const plans = { ...account.plans, count: account.plans.count + 1 };
  return { kind: "counted", account: { ...account, plans } };
}

export interface Start {
  readonly requestId: string;
  /** The most that the request is expected to cost the operator. Undefined for one that ends as it is opened. */
  readonly boundYocto: bigint | undefined;
}

/** Counts a record that is about to be opened; an id that is counted already is not counted again. */
export function countStart(before: Account, quotas: Quotas, { requestId, boundYocto }: Start, nowMs: number): Counted {
  const account = rolledOver(before, nowMs);
  if (account.open.has(requestId)) return { kind: "counted", account };
  if (account.starts.count >= quotas.startsPerHour) return exceeded("starts_per_hour", account, quotas);
  const starts = { ...account.starts, count: account.starts.count + 1 };
  if (boundYocto === undefined) return { kind: "counted", account: { ...account, starts } };
  const left = quotas.operatorYoctoPerDay - account.spent.yocto;
  // The money quota refuses nothing that costs the operator nothing.
  if (boundYocto > 0n && boundYocto > left) return exceeded("operator_near_per_day", account, quotas);
  if (account.open.count >= quotas.openWorkflows) return exceeded("open_workflows", account, quotas);
  if (boundYocto > 0n && boundYocto > left - account.open.boundYocto) {
    return { ...exceeded("operator_near_per_day", account, quotas), retryAfterSecs: openRetrySecs };
  }
  const open = account.open.with({ requestId, atMs: account.atMs, boundYocto, chargedYocto: 0n });
  return { kind: "counted", account: { ...account, starts, open } };
}

/** Takes back the count of a record that was not opened. */
export function giveBack(before: Account, { requestId, boundYocto }: Start, nowMs: number): Account {
  const account = rolledOver(before, nowMs);
  const own = account.open.get(requestId);
  if (own === undefined && boundYocto !== undefined) return account;
  const isSameHour = own === undefined || windowStart("hour", own.atMs) === account.starts.startMs;
  const count = Math.max(0, account.starts.count - (isSameHour ? 1 : 0));
  return { ...without(account, [requestId]), starts: { ...account.starts, count } };
}

/** Replaces an open request's bound by its actual cost; other requests are left alone. */
export function settle(before: Account, requestId: string, costYocto: bigint, nowMs: number): Account {
  const account = rolledOver(before, nowMs);
  const own = account.open.get(requestId);
  if (own === undefined) return account;
  const yocto = account.spent.yocto + costYocto + own.chargedYocto;
  return { ...without(account, [requestId]), spent: { ...account.spent, yocto } };
}

/** Adds a cost that the record will not show to an open request; for an ended one it counts at once. */
export function charge(before: Account, requestId: string, yocto: bigint, nowMs: number): Account {
  const account = rolledOver(before, nowMs);
  if (!account.open.has(requestId)) {
    return { ...account, spent: { ...account.spent, yocto: account.spent.yocto + yocto } };
  }
  const open = account.open.all.map((each) =>
    each.requestId === requestId
      ? { ...each, boundYocto: each.boundYocto + yocto, chargedYocto: each.chargedYocto + yocto }
      : each,
  );
  return { ...account, open: OpenRequests.of(open) };
}

/** Drops requests whose logs were never created. */
export function forget(before: Account, requestIds: readonly string[], nowMs: number): Account {
  return { ...without(rolledOver(before, nowMs), requestIds), auditedAtMs: laterOf(before.atMs, nowMs) };
}

/** The standing of an account under these quotas. */
export function standingsOf(
  before: Account,
  quotas: Quotas,
  names: readonly QuotaName[],
  nowMs: number,
): readonly Standing[] {
  const account = rolledOver(before, nowMs);
  return names.map((name) => standing(name, account, quotas));
}

/**
 * When the account's counts all belong to past windows, milliseconds since the epoch. Undefined while requests are open.
 */
export function expiryOf({ atMs, open }: Account): number | undefined {
  return open.count > 0 ? undefined : windowStart("day", atMs) + 2 * dayMs;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

function exceeded(name: QuotaName, account: Account, quotas: Quotas): Exceeded {
  const found = { ...standing(name, account, quotas), remaining: 0 };
  return { kind: "exceeded", standing: found, retryAfterSecs: found.window?.resetSecs ?? openRetrySecs };
}

function standing(quota: QuotaName, account: Account, quotas: Quotas): Standing {
  const { atMs, plans, starts, spent, open } = account;
  const windowed = (limit: number, used: number, startMs: number, lengthMs: number) => ({
    quota,
    limit,
    remaining: Math.max(0, limit - used),
    window: { secs: lengthMs / 1000, resetSecs: Math.max(1, Math.ceil((startMs + lengthMs - atMs) / 1000)) },
  });
  switch (quota) {
    case "plans_per_minute":
      return windowed(quotas.plansPerMinute, plans.count, plans.startMs, minuteMs);
    case "starts_per_hour":
      return windowed(quotas.startsPerHour, starts.count, starts.startMs, hourMs);
    case "open_workflows":
      return {
        quota,
        limit: quotas.openWorkflows,
        remaining: Math.max(0, quotas.openWorkflows - open.count),
        window: undefined,
      };
    case "operator_near_per_day": {
      const left = quotas.operatorYoctoPerDay - spent.yocto - open.boundYocto;
      const limit = Number(quotas.operatorYoctoPerDay / milliNear);
      const used = limit - Number((left > 0n ? left : 0n) / milliNear);
      return windowed(limit, used, spent.startMs, dayMs);
    }
  }
}

function without(account: Account, requestIds: readonly string[]): Account {
  return { ...account, open: account.open.without(requestIds) };
}

/** Empties windows that are over. A clock that is behind does not reopen one. */
function rolledOver(account: Account, nowMs: number): Account {
  const atMs = laterOf(account.atMs, nowMs);
  const minute = Math.floor(atMs / minuteMs) * minuteMs;
  const [hour, day] = [windowStart("hour", atMs), windowStart("day", atMs)];
  const { plans, starts, spent } = account;
  return {
    ...account,
    atMs,
    plans: plans.startMs === minute ? plans : { startMs: minute, count: 0 },
    starts: starts.startMs === hour ? starts : { startMs: hour, count: 0 },
    spent: spent.startMs === day ? spent : { startMs: day, yocto: 0n },
  };
}

function laterOf(atMs: number, nowMs: number): number {
  return Math.max(atMs, nowMs);
}

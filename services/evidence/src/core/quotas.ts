import { windowStart } from "./usage.ts";

/** What a wallet may use up (rule: quota-is-per-wallet). */
export interface Quotas {
  /** Workflows that have not ended, of any endpoint. */
  readonly openWorkflows: number;
  /** Records opened in a UTC hour. */
  readonly startsPerHour: number;
  /** Requests in a UTC minute that are answered without a record: plans, preflights, look-ups of users' keys. */
  readonly plansPerMinute: number;
  /** What the relayer and the approver may pay for it in a UTC day: fees and gas, whatever came of them. */
  readonly operatorYoctoPerDay: bigint;
}

export type QuotaName = "open_workflows" | "starts_per_hour" | "plans_per_minute" | "operator_near_per_day";

/** The quotas of every wallet: the default, and whoever has others. */
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

/** What counts of a wallet now. */
export interface Account {
  /** When it last changed, milliseconds since the epoch. Time does not go back within an account. */
  readonly atMs: number;
  /** When open requests were last held against their logs. */
  readonly auditedAtMs: number;
  readonly plans: Count;
  readonly starts: Count;
  readonly spent: Spent;
  readonly open: readonly OpenRequest[];
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

/** A request that has not ended, as far as is known. */
export interface OpenRequest {
  readonly requestId: string;
  /** When it was counted. */
  readonly atMs: number;
  /** What it counts with until it is known what it has cost. */
  readonly boundYocto: bigint;
  /** What it has cost beside what its record will say. */
  readonly chargedYocto: bigint;
}

/** What a quota stands at. */
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
  /** Seconds until asking again can help. */
  readonly retryAfterSecs: number;
}

export type Counted = { readonly kind: "counted"; readonly account: Account } | Exceeded;

/** Seconds after which to ask again where only the end of open workflows makes room. */
const openRetrySecs = 5;
const milliNear = 10n ** 21n;

export const emptyAccount: Account = {
  atMs: 0,
  auditedAtMs: 0,
  plans: { startMs: 0, count: 0 },
  starts: { startMs: 0, count: 0 },
  spent: { startMs: 0, yocto: 0n },
  open: [],
};

export function countPlan(before: Account, quotas: Quotas, nowMs: number): Counted {
  const account = rolledOver(before, nowMs);
  if (account.plans.count >= quotas.plansPerMinute) return exceeded("plans_per_minute", account, quotas);
  const plans = { ...account.plans, count: account.plans.count + 1 };
  return { kind: "counted", account: { ...account, plans } };
}

export interface Start {
  readonly requestId: string;
  /** The most that it is expected to cost the operator. Undefined for one that ends where it begins. */
  readonly boundYocto: bigint | undefined;
}

/** Counts a record that is about to be opened; one that was counted under the same id is not counted again. */
export function countStart(before: Account, quotas: Quotas, { requestId, boundYocto }: Start, nowMs: number): Counted {
  const account = rolledOver(before, nowMs);
  if (account.open.some((each) => each.requestId === requestId)) return { kind: "counted", account };
  if (account.starts.count >= quotas.startsPerHour) return exceeded("starts_per_hour", account, quotas);
  const starts = { ...account.starts, count: account.starts.count + 1 };
  if (boundYocto === undefined) return { kind: "counted", account: { ...account, starts } };
  const left = quotas.operatorYoctoPerDay - account.spent.yocto;
  // What costs the operator nothing is refused by no money.
  if (boundYocto > 0n && boundYocto > left) return exceeded("operator_near_per_day", account, quotas);
  if (account.open.length >= quotas.openWorkflows) return exceeded("open_workflows", account, quotas);
  if (boundYocto > 0n && boundYocto > left - reserved(account)) {
    return { ...exceeded("operator_near_per_day", account, quotas), retryAfterSecs: openRetrySecs };
  }
  const open = [...account.open, { requestId, atMs: account.atMs, boundYocto, chargedYocto: 0n }];
  return { kind: "counted", account: { ...account, starts, open } };
}

/** Takes back what was counted for a record that was not opened. */
export function giveBack(before: Account, { requestId, boundYocto }: Start, nowMs: number): Account {
  const account = rolledOver(before, nowMs);
  const own = account.open.find((each) => each.requestId === requestId);
  if (own === undefined && boundYocto !== undefined) return account;
  const isSameHour = own === undefined || windowStart("hour", own.atMs) === account.starts.startMs;
  const count = Math.max(0, account.starts.count - (isSameHour ? 1 : 0));
  return { ...without(account, [requestId]), starts: { ...account.starts, count } };
}

/** Counts what a request has cost in place of what it might have; one that is not counted as open is left alone. */
export function settle(before: Account, requestId: string, costYocto: bigint, nowMs: number): Account {
  const account = rolledOver(before, nowMs);
  const own = account.open.find((each) => each.requestId === requestId);
  if (own === undefined) return account;
  const yocto = account.spent.yocto + costYocto + own.chargedYocto;
  return { ...without(account, [requestId]), spent: { ...account.spent, yocto } };
}

/** Adds to what an open request costs what its record will not say. Of one that has ended it counts at once. */
export function charge(before: Account, requestId: string, yocto: bigint, nowMs: number): Account {
  const account = rolledOver(before, nowMs);
  const isOpen = account.open.some((each) => each.requestId === requestId);
  if (!isOpen) return { ...account, spent: { ...account.spent, yocto: account.spent.yocto + yocto } };
  const open = account.open.map((each) =>
    each.requestId === requestId
      ? { ...each, boundYocto: each.boundYocto + yocto, chargedYocto: each.chargedYocto + yocto }
      : each,
  );
  return { ...account, open };
}

/** Forgets requests of which no log ever came to be. */
export function forget(before: Account, requestIds: readonly string[], nowMs: number): Account {
  return { ...without(rolledOver(before, nowMs), requestIds), auditedAtMs: laterOf(before.atMs, nowMs) };
}

/** Where an account stands with these quotas. */
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
 * Until when an account says anything: what it counts is of windows that are over by then. Undefined while requests are open.
 * Milliseconds since the epoch.
 */
export function expiryOf({ atMs, open }: Account): number | undefined {
  return open.length > 0 ? undefined : windowStart("day", atMs) + 2 * dayMs;
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
        remaining: Math.max(0, quotas.openWorkflows - open.length),
        window: undefined,
      };
    case "operator_near_per_day": {
      const left = quotas.operatorYoctoPerDay - spent.yocto - reserved(account);
      const limit = Number(quotas.operatorYoctoPerDay / milliNear);
      const used = limit - Number((left > 0n ? left : 0n) / milliNear);
      return windowed(limit, used, spent.startMs, dayMs);
    }
  }
}

function reserved({ open }: Account): bigint {
  return open.reduce((sum, { boundYocto }) => sum + boundYocto, 0n);
}

function without(account: Account, requestIds: readonly string[]): Account {
  return { ...account, open: account.open.filter(({ requestId }) => !requestIds.includes(requestId)) };
}

/** A window that is over counts nothing; a clock that is behind enters none again. */
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

import { walletIdPattern } from "@outlayer/access";
import { json, Malformed, type Parse } from "@outlayer/kit";
import { defaultQuotas, type QuotaRules, type Quotas } from "./core/quotas.ts";

/** Bounded, since every start and end of a workflow rewrites the wallet's account with all open ones. */
const mostOpen = 10_000;
const mostCounted = 1_000_000_000;
const yoctoDigits = 24;

export const defaultRules: QuotaRules = { default: defaultQuotas, exceptions: new Map() };

/**
 * `WALLET_QUOTAS_JSON`: `{"default": {...}, "<wallet_id>": {...}}`. Each names the fields that differ: `open_workflows`,
 * `starts_per_hour`, `plans_per_minute`, and `operator_near_per_day` as a decimal text of NEAR, e.g. "5" or "0.25".
 */
export const walletQuotas: Parse<QuotaRules> = (value) => {
  const { default: changed = {}, ...exceptions } = object(json(value), "must be an object of wallet id to quotas");
  const common = changedBy(defaultQuotas, changed);
  const entries = Object.entries(exceptions).map(([walletId, quotas]) => {
    if (!walletIdPattern.test(walletId)) throw new Malformed("must have wallet ids, or default, as its keys");
    return [walletId, changedBy(common, quotas)] as const;
  });
  return { default: common, exceptions: new Map(entries) };
};

function changedBy(before: Quotas, changes: unknown): Quotas {
  let quotas = before;
  for (const [name, value] of Object.entries(object(changes, "must map each wallet id to an object of quotas"))) {
    switch (name) {
      case "open_workflows":
        quotas = { ...quotas, openWorkflows: count(name, value, mostOpen) };
        break;
      case "starts_per_hour":
        quotas = { ...quotas, startsPerHour: count(name, value, mostCounted) };
        break;
      case "plans_per_minute":
        quotas = { ...quotas, plansPerMinute: count(name, value, mostCounted) };
        break;
      case "operator_near_per_day":
        quotas = { ...quotas, operatorYoctoPerDay: near(name, value) };
        break;
      default:
        throw new Malformed(
          "may name only open_workflows, starts_per_hour, plans_per_minute and operator_near_per_day of a wallet",
        );
    }
  }
  return quotas;
}

function object(value: unknown, otherwise: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed(otherwise);
  return value as Readonly<Record<string, unknown>>;
}

function count(name: string, value: unknown, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new Malformed(`must have an integer from 0 to ${most} as ${name}`);
}

/** yoctoNEAR. */
function near(name: string, value: unknown): bigint {
  const match = typeof value === "string" ? /^(\d{1,9})(?:\.(\d{1,24}))?$/.exec(value) : null;
  if (match === null) throw new Malformed(`must have a decimal text of NEAR, such as "5" or "0.25", as ${name}`);
  const [, whole = "0", fraction = ""] = match;
  return BigInt(whole + fraction.padEnd(yoctoDigits, "0"));
}

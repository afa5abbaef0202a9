/**
 * A wallet's policy. Token amounts are raw units as decimal strings; `*` in a table of limits is for tokens that it does not name.
 */
export interface PolicyDocument {
  readonly frozen?: boolean;
  readonly rules?: PolicyRules;
  readonly approval?: {
    readonly threshold?: { readonly required?: number; readonly of?: number };
    readonly excluded_types?: readonly string[];
    readonly approvers?: readonly { readonly id: string; readonly role?: string }[];
  };
}

export interface PolicyRules {
  readonly transaction_types?: readonly string[];
  readonly allowed_tokens?: readonly string[];
  readonly addresses?: { readonly mode: "whitelist" | "blacklist"; readonly list: readonly string[] };
  readonly limits?: Readonly<Partial<Record<LimitKind, Readonly<Record<string, string>>>>>;
  readonly rate_limit?: { readonly max_per_hour: number };
  readonly time_restrictions?: {
    readonly timezone?: string;
    /** From the first hour on, up to the second; wraps over midnight. */
    readonly allowed_hours?: readonly [number, number];
    /** Monday is 1. */
    readonly allowed_days?: readonly number[];
  };
}

export type LimitKind = "per_transaction" | "hourly" | "daily" | "monthly";

/** A question to a policy: one transaction, and the usage so far. */
export interface PolicyAction {
  readonly type: string;
  readonly token: string;
  readonly to: string | undefined;
  readonly amount: bigint;
  usage(kind: LimitKind, token: string): bigint;
  readonly hourlyCount: number;
}

export type PolicyVerdict =
  | { readonly allowed: false; readonly frozen: boolean; readonly reason: string }
  | { readonly allowed: true; readonly requiredApprovals?: number };

const maxU128 = 2n ** 128n - 1n;

/** Reads the `action` of a request; an invalid field counts as absent, an invalid amount as 0. */
export function policyAction(action: Readonly<Record<string, unknown>>): PolicyAction {
  const usage = isRecord(action.current_usage) ? action.current_usage : {};
  return {
    type: typeof action.type === "string" ? action.type : "",
    token: typeof action.token === "string" ? action.token : "native",
    to: typeof action.to === "string" ? action.to : undefined,
    amount: units(action.amount) ?? 0n,
    usage(kind, token) {
      const table = usage[kind];
      return (isRecord(table) ? units(table[token]) : undefined) ?? 0n;
    },
    hourlyCount: typeof usage.hourly_tx_count === "number" ? usage.hourly_tx_count : 0,
  };
}

/** Judges an action; the first denial wins. */
export function judge(policy: PolicyDocument | undefined, action: PolicyAction, now: Date): PolicyVerdict {
  if (policy?.frozen === true) return { allowed: false, frozen: true, reason: "Wallet is frozen" };
  const rules = policy?.rules;
  // Without rules approvals are skipped as well.
  if (rules === undefined) return { allowed: true };
  const reason =
    typeDenial(rules, action) ??
    tokenDenial(rules, action) ??
    addressDenial(rules, action) ??
    limitDenial(rules, action) ??
    rateDenial(rules, action) ??
    timeDenial(rules, now);
  if (reason !== undefined) return { allowed: false, frozen: false, reason };
  const threshold = policy?.approval?.threshold;
  if (threshold === undefined || policy?.approval?.excluded_types?.includes(action.type)) return { allowed: true };
  return { allowed: true, requiredApprovals: threshold.required ?? defaultApprovals };
}

/** Approvals for a threshold without a number. */
export const defaultApprovals = 2;

function typeDenial({ transaction_types: types }: PolicyRules, { type }: PolicyAction): string | undefined {
  if (types === undefined || types.includes(type)) return undefined;
  return `Transaction type '${type}' is not allowed by policy`;
}

function tokenDenial({ allowed_tokens: tokens }: PolicyRules, { token }: PolicyAction): string | undefined {
  return tokens === undefined || tokens.includes(token) ? undefined : `Token '${token}' is not allowed by policy`;
}

function addressDenial({ addresses }: PolicyRules, { to }: PolicyAction): string | undefined {
  if (addresses === undefined || to === undefined) return undefined;
  const isListed = addresses.list.includes(to);
  if (addresses.mode === "whitelist") return isListed ? undefined : `Address '${to}' is not in whitelist`;
  return isListed ? `Address '${to}' is blacklisted` : undefined;
}

function limitDenial({ limits }: PolicyRules, { token, amount, usage }: PolicyAction): string | undefined {
  const limitOf = (kind: LimitKind) => units(limits?.[kind]?.[token] ?? limits?.[kind]?.["*"]);
  const single = limitOf("per_transaction");
  if (single !== undefined && amount > single) {
    return `Per-transaction limit exceeded for ${token}: ${amount} > ${single}`;
  }
  const windows = [
    ["daily", "Daily"],
    ["hourly", "Hourly"],
    ["monthly", "Monthly"],
  ] as const;
  for (const [kind, title] of windows) {
    const limit = limitOf(kind);
    const current = usage(kind, token);
    // The keystore adds in u128, which wraps.
    if (limit !== undefined && BigInt.asUintN(128, current + amount) > limit) {
      return `${title} limit exceeded for ${token}: ${current} + ${amount} > ${limit}`;
    }
  }
  return undefined;
}

function rateDenial({ rate_limit: rate }: PolicyRules, { hourlyCount }: PolicyAction): string | undefined {
  if (rate === undefined || hourlyCount < rate.max_per_hour) return undefined;
  return `Rate limit exceeded: ${hourlyCount} transactions this hour (max: ${rate.max_per_hour})`;
}

function timeDenial({ time_restrictions: restrictions }: PolicyRules, now: Date): string | undefined {
  const hour = now.getUTCHours();
  const hours = restrictions?.allowed_hours;
  if (hours !== undefined) {
    const [start, end] = hours;
    const isOpen = start <= end ? hour >= start && hour < end : hour >= start || hour < end;
    if (!isOpen) return `Operation not allowed at this hour (${hour} UTC). Allowed: ${start}-${end}`;
  }
  const weekday = now.getUTCDay() === 0 ? 7 : now.getUTCDay();
  const days = restrictions?.allowed_days;
  if (days === undefined || days.includes(weekday)) return undefined;
  return `Operation not allowed on weekday ${weekday}`;
}

/** A decimal string that fits 128 bits; undefined for anything else, numbers included. */
function units(value: unknown): bigint | undefined {
  if (typeof value !== "string" || !/^\d+$/.test(value)) return undefined;
  const amount = BigInt(value);
  return amount > maxU128 ? undefined : amount;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

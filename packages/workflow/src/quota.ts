/** The current standing of a wallet's quota. */
export interface QuotaStanding {
  readonly quota: string;
  /** In whole units. */
  readonly limit: number;
  readonly remaining: number;
  readonly unit: QuotaUnit;
  /** Undefined for a quota without a window. */
  readonly window: { readonly secs: number; readonly resetSecs: number } | undefined;
}

/** Thousandths of a NEAR have no registered name; the others are those of the RateLimit draft. */
export type QuotaUnit = "requests" | "concurrent-requests" | "millinear";

/** A refusal for a quota that is used up: nothing was recorded, and the request may be repeated later. */
export interface ExceededQuota {
  readonly standing: QuotaStanding;
  readonly retryAfterSecs: number;
}

/**
 * The fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), lists of structured fields; the same
 * over gRPC, as metadata.
 */
export function rateLimitHeaders(standings: readonly QuotaStanding[]): Readonly<Record<string, string>> {
  const [limits, policies] = [standings.map(limitItem), standings.map(policyItem)];
  return standings.length === 0 ? {} : { ratelimit: limits.join(", "), "ratelimit-policy": policies.join(", ") };
}

function limitItem({ quota, remaining, window }: QuotaStanding): string {
  return `"${quota}";r=${remaining}${window === undefined ? "" : `;t=${window.resetSecs}`}`;
}

function policyItem({ quota, limit, unit, window }: QuotaStanding): string {
  const qualified = unit === "requests" ? "" : `;qu="${unit}"`;
  return `"${quota}";q=${limit}${qualified}${window === undefined ? "" : `;w=${window.secs}`}`;
}

/** A unit as another service named it. */
export function quotaUnit(unit: string | undefined): QuotaUnit {
  return unit === "concurrent-requests" || unit === "millinear" ? unit : "requests";
}

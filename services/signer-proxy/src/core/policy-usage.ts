import type { Usage as UsageMessage } from "@outlayer/contracts/outlayer/workflow/v1/policy";

/** Sums from here on are not sent to policy: it adds usage and amount in a u128 that wraps. */
export const usageLimit = 2n ** 127n;

/** Usage against a wallet's limits, in raw units by full token id, per UTC calendar hour, day and month. */
export interface Usage {
  readonly hourly: ReadonlyMap<string, bigint>;
  readonly daily: ReadonlyMap<string, bigint>;
  readonly monthly: ReadonlyMap<string, bigint>;
  /** Transactions in this hour. */
  readonly hourlyTxCount: number;
}

export const noUsage: Usage = { hourly: new Map(), daily: new Map(), monthly: new Map(), hourlyTxCount: 0 };

/** @param usage absent where the wallet has used nothing */
export function usageOf(usage: UsageMessage | undefined): Usage {
  if (usage === undefined) return noUsage;
  const { hourly, daily, monthly, hourlyTxCount } = usage;
  return { hourly: amountsOf(hourly), daily: amountsOf(daily), monthly: amountsOf(monthly), hourlyTxCount };
}

function amountsOf(window: { readonly [token: string]: string }): ReadonlyMap<string, bigint> {
  return new Map(Object.entries(window).map(([token, amount]) => [token, BigInt(amount)]));
}

/** In check-policy's form. */
export interface CurrentUsage {
  readonly hourly: Readonly<Record<string, string>>;
  readonly daily: Readonly<Record<string, string>>;
  readonly monthly: Readonly<Record<string, string>>;
  readonly hourly_tx_count: number;
}

/** Usage that grows with the amounts of the workflow that is judged. */
export class RunningUsage {
  readonly #windows: Readonly<Record<"hourly" | "daily" | "monthly", Map<string, bigint>>>;
  #hourlyTxCount: number;

  constructor({ hourly, daily, monthly, hourlyTxCount }: Usage) {
    this.#windows = { hourly: new Map(hourly), daily: new Map(daily), monthly: new Map(monthly) };
    this.#hourlyTxCount = hourlyTxCount;
  }

  /** The largest sum of a token's windows after adding this amount. */
  highestAfter(token: string, amount: bigint): bigint {
    const sums = Object.values(this.#windows).map((window) => (window.get(token) ?? 0n) + amount);
    return sums.reduce((highest, sum) => (sum > highest ? sum : highest), amount);
  }

  move(token: string, amount: bigint): void {
    for (const window of Object.values(this.#windows)) window.set(token, (window.get(token) ?? 0n) + amount);
  }

  countTransaction(): void {
    this.#hourlyTxCount += 1;
  }

  current(): CurrentUsage {
    const { hourly, daily, monthly } = this.#windows;
    return {
      hourly: asText(hourly),
      daily: asText(daily),
      monthly: asText(monthly),
      hourly_tx_count: this.#hourlyTxCount,
    };
  }
}

function asText(window: ReadonlyMap<string, bigint>): Record<string, string> {
  return Object.fromEntries([...window].map(([token, amount]) => [token, amount.toString()]));
}

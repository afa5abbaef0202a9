/** Raw units by full token id. */
export type Amounts = ReadonlyMap<string, bigint>;

/** What policy allowed a request to move, and how much of it still counts. */
export interface Reservation {
  /** When policy allowed it, milliseconds since the epoch: it counts in the windows of that moment. */
  readonly reservedAtMs: number;
  readonly steps: readonly ReservedStep[];
  /** Digest of the terms on which its steps may be signed since; empty where they may not. */
  readonly terms: string;
}

export interface ReservedStep {
  readonly amounts: Amounts;
  /** False once the step is known not to have executed. */
  readonly counts: boolean;
}

/** What counts in one UTC calendar window. */
export interface Window {
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly amounts: Amounts;
  /** Steps. */
  readonly transactions: number;
}

export type WindowName = "hour" | "day" | "month";
export type Totals = Readonly<Record<WindowName, Window>>;

/** A ledger after an entry, with the latest reservation of the request that it is looked at for. */
export interface Ledger {
  /** When the latest entry was written, milliseconds since the epoch. */
  readonly atMs: number;
  readonly totals: Totals;
  readonly own: Reservation | undefined;
}

/** The ledger of a wallet that never used anything. */
export const emptyLedger: Ledger = { atMs: 0, totals: emptyTotals(0), own: undefined };

/** What everybody but the ledger's own request has used. */
export function usageOfOthers({ totals, own, atMs }: Ledger, nowMs: number): Totals {
  return less(rolledOver(totals, laterOf(atMs, nowMs)), own);
}

/** Whether steps of the own request may have been signed on other terms than these. */
export function isOnOtherTerms({ own }: Ledger, terms: string): boolean {
  return own !== undefined && own.terms !== "" && terms !== "" && own.terms !== terms;
}

/** Counts what may have been signed for the own request as if it were others', for as long as its windows last. */
export function supersede({ totals, atMs }: Ledger, nowMs: number): Ledger & Reserved {
  const now = laterOf(atMs, nowMs);
  return { atMs: now, totals: rolledOver(totals, now), own: { reservedAtMs: now, steps: [], terms: "" } };
}

/**
 * Counts steps from now on, in place of what the own request had reserved before. What may have been signed by then never counts
 * less than it did.
 * @param terms digest of those on which the steps may be signed from now on; empty where they may not
 */
export function reserve(
  { totals, own, atMs }: Ledger,
  steps: readonly Amounts[],
  terms: string,
  nowMs: number,
): Ledger & Reserved {
  const reservedAtMs = laterOf(atMs, nowMs);
  const before = own === undefined || own.terms === "" ? [] : own.steps;
  const counted = Array.from({ length: Math.max(steps.length, before.length) }, (_, index) => {
    return { amounts: mostOf(before[index]?.amounts, steps[index]), counts: true };
  });
  const reservation = { reservedAtMs, steps: counted, terms: terms || (own?.terms ?? "") };
  const others = less(rolledOver(totals, reservedAtMs), own);
  return { atMs: reservedAtMs, totals: plus(others, reservation), own: reservation };
}

/** Stops counting steps of the own request. @returns undefined where none of them counts */
export function release(
  { totals, own, atMs }: Ledger,
  released: ReadonlySet<number>,
  nowMs: number,
): (Ledger & Reserved) | undefined {
  if (own?.steps.some(({ counts }, index) => counts && released.has(index)) !== true) return undefined;
  const steps = own.steps.map((step, index) => (released.has(index) ? { ...step, counts: false } : step));
  const remaining = { ...own, steps };
  const now = laterOf(atMs, nowMs);
  return { atMs: now, totals: plus(less(rolledOver(totals, now), own), remaining), own: remaining };
}

function mostOf(...all: readonly (Amounts | undefined)[]): Amounts {
  const most = new Map<string, bigint>();
  for (const [token, amount] of all.flatMap((amounts) => [...(amounts ?? [])])) {
    if (amount > (most.get(token) ?? -1n)) most.set(token, amount);
  }
  return most;
}

interface Reserved {
  readonly own: Reservation;
}

/** Time does not go back within a ledger, whatever a clock says: a window that was left is not entered again. */
function laterOf(atMs: number, nowMs: number): number {
  return Math.max(atMs, nowMs);
}

function emptyTotals(ms: number): Totals {
  return eachWindow((name) => ({ startMs: windowStart(name, ms), amounts: new Map(), transactions: 0 }));
}

/** A window that is over counts nothing. */
function rolledOver(totals: Totals, ms: number): Totals {
  const empty = emptyTotals(ms);
  return eachWindow((name) => (totals[name].startMs === empty[name].startMs ? totals[name] : empty[name]));
}

function plus(totals: Totals, reservation: Reservation): Totals {
  return moved(totals, reservation, 1n);
}

function less(totals: Totals, reservation: Reservation | undefined): Totals {
  return reservation === undefined ? totals : moved(totals, reservation, -1n);
}

function moved(totals: Totals, { reservedAtMs, steps }: Reservation, sign: 1n | -1n): Totals {
  return eachWindow((name) => {
    const window = totals[name];
    // Of a reservation from before the window nothing counts in it.
    if (windowStart(name, reservedAtMs) !== window.startMs) return window;
    const amounts = new Map(window.amounts);
    const counted = steps.filter(({ counts }) => counts);
    for (const [token, amount] of counted.flatMap((step) => [...step.amounts])) {
      amounts.set(token, (amounts.get(token) ?? 0n) + sign * amount);
    }
    for (const [token, amount] of amounts) if (amount === 0n) amounts.delete(token);
    return { ...window, amounts, transactions: window.transactions + Number(sign) * counted.length };
  });
}

/** When the UTC calendar hour, day or month began that a moment is in; milliseconds since the epoch. */
export function windowStart(name: WindowName, ms: number): number {
  const date = new Date(ms);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (name) {
    case "hour":
      return Date.UTC(year, month, date.getUTCDate(), date.getUTCHours());
    case "day":
      return Date.UTC(year, month, date.getUTCDate());
    case "month":
      return Date.UTC(year, month);
  }
}

function eachWindow(make: (name: WindowName) => Window): Totals {
  return { hour: make("hour"), day: make("day"), month: make("month") };
}

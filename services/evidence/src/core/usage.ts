/** Raw units by full token id. */
export type Amounts = ReadonlyMap<string, bigint>;

/** Amounts that policy allowed a request to move, and which of them still count. */
export interface Reservation {
  /** When policy allowed it, milliseconds since the epoch: it counts in the windows of that moment. */
  readonly reservedAtMs: number;
  readonly steps: readonly ReservedStep[];
  /** Digest of the terms on which its steps may have been signed; empty where none may. */
  readonly terms: string;
}

export interface ReservedStep {
  readonly amounts: Amounts;
  /** False once the step is known not to have executed. */
  readonly counts: boolean;
}

/** Usage within one UTC calendar window. */
export interface Window {
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly amounts: Amounts;
  /** Number of steps. */
  readonly transactions: number;
}

export type WindowName = "hour" | "day" | "month";
export type Totals = Readonly<Record<WindowName, Window>>;

/** A ledger after an entry, with the latest reservation of the request that it is read for. */
export interface Ledger {
  /** When the latest entry was written, milliseconds since the epoch. */
  readonly atMs: number;
  readonly totals: Totals;
  readonly own: Reservation | undefined;
}

/** The ledger of a wallet without usage. */
export const emptyLedger: Ledger = { atMs: 0, totals: emptyTotals(0), own: undefined };

/** Usage without the own request's reservation. */
export function usageOfOthers({ totals, own, atMs }: Ledger, nowMs: number): Totals {
  return less(rolledOver(totals, laterOf(atMs, nowMs)), own);
}

/** Whether steps of the own request may have been signed on other terms than these. */
export function isOnOtherTerms({ own }: Ledger, terms: string): boolean {
  return own !== undefined && own.terms !== "" && terms !== "" && own.terms !== terms;
}

/** Detaches possible signatures from the own request: they count as others' usage, for as long as its windows last. */
export function supersede({ totals, atMs }: Ledger, nowMs: number): Ledger & Reserved {
  const now = laterOf(atMs, nowMs);
  return { atMs: now, totals: rolledOver(totals, now), own: { reservedAtMs: now, steps: [], terms: "" } };
}

/**
 * Replaces the own request's reservation by these steps. Amounts of steps that may have been signed already never shrink.
 * @param terms digest of the terms on which the steps may be signed from now on; empty where they may not
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

/** Time does not go back within a ledger, whatever a clock says: a past window is never reopened. */
function laterOf(atMs: number, nowMs: number): number {
  return Math.max(atMs, nowMs);
}

function emptyTotals(ms: number): Totals {
  return eachWindow((name) => ({ startMs: windowStart(name, ms), amounts: new Map(), transactions: 0 }));
}

/** Empties windows that are over. */
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
    // A reservation from before the window does not count in it.
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

/** Start of the UTC calendar hour, day or month that holds a moment; milliseconds since the epoch. */
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

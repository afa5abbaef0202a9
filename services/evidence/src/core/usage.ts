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

/** Of a reservation, what totals depend on. */
export type Counting = Pick<Reservation, "reservedAtMs" | "steps">;

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

/** What one entry changes in a ledger. */
export interface Change {
  /** When the entry was written, milliseconds since the epoch. */
  readonly atMs: number;
  /** The own reservation that no longer counts from the entry on; undefined where none ends. */
  readonly before: Counting | undefined;
  /** The own reservation from the entry on. */
  readonly after: Reservation;
}

/** Totals after a change. */
export function changed(totals: Totals, { atMs, before, after }: Change): Totals {
  const remaining = rolledOver(totals, atMs);
  return before === undefined ? moved(remaining, [after, 1n]) : moved(remaining, [before, -1n], [after, 1n]);
}

/** The ledger of a wallet without usage. */
export const emptyLedger: Ledger = { atMs: 0, totals: emptyTotals(0), own: undefined };

/** Usage without the own request's reservation. */
export function usageOfOthers({ totals, own, atMs }: Ledger, nowMs: number): Totals {
  const current = rolledOver(totals, laterOf(atMs, nowMs));
  return own === undefined ? current : moved(current, [own, -1n]);
}

/** Whether steps of the own request may have been signed on other terms than these. */
export function isOnOtherTerms({ own }: Ledger, terms: string): boolean {
  return own !== undefined && own.terms !== "" && terms !== "" && own.terms !== terms;
}

/** Detaches possible signatures from the own request: they count as others' usage, for as long as its windows last. */
export function supersede({ atMs }: Ledger, nowMs: number): Change {
  const now = laterOf(atMs, nowMs);
  return { atMs: now, before: undefined, after: { reservedAtMs: now, steps: [], terms: "" } };
}

/**
 * Replaces the own request's reservation by these steps. Amounts of steps that may have been signed already never shrink.
 * @param terms digest of the terms on which the steps may be signed from now on; empty where they may not
 */
export function reserve({ own, atMs }: Ledger, steps: readonly Amounts[], terms: string, nowMs: number): Change {
  const reservedAtMs = laterOf(atMs, nowMs);
  const before = own === undefined || own.terms === "" ? [] : own.steps;
  const counted = Array.from({ length: Math.max(steps.length, before.length) }, (_, index) => {
    return { amounts: mostOf(before[index]?.amounts, steps[index]), counts: true };
  });
  const reservation = { reservedAtMs, steps: counted, terms: terms || (own?.terms ?? "") };
  return { atMs: reservedAtMs, before: own, after: reservation };
}

/** Stops counting steps of the own request. @returns undefined where none of them counts */
export function release({ own, atMs }: Ledger, released: ReadonlySet<number>, nowMs: number): Change | undefined {
  if (own?.steps.some(({ counts }, index) => counts && released.has(index)) !== true) return undefined;
  const steps = own.steps.map((step, index) => (released.has(index) ? { ...step, counts: false } : step));
  return { atMs: laterOf(atMs, nowMs), before: own, after: { ...own, steps } };
}

function mostOf(...all: readonly (Amounts | undefined)[]): Amounts {
  const most = new Map<string, bigint>();
  for (const [token, amount] of all.flatMap((amounts) => [...(amounts ?? [])])) {
    if (amount > (most.get(token) ?? -1n)) most.set(token, amount);
  }
  return most;
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

/** @param counting reservations to add, with 1n, or to take out, with -1n */
function moved(totals: Totals, ...counting: readonly (readonly [Counting, 1n | -1n])[]): Totals {
  return eachWindow((name) => {
    const { startMs, amounts: before, transactions: count } = totals[name];
    // A reservation from before the window does not count in it.
    const inWindow = counting.filter(([{ reservedAtMs }]) => windowStart(name, reservedAtMs) === startMs);
    if (inWindow.length === 0) return totals[name];
    const amounts = new Map(before);
    let transactions = count;
    for (const [{ steps }, sign] of inWindow) {
      const counted = steps.filter(({ counts }) => counts);
      transactions += Number(sign) * counted.length;
      for (const [token, amount] of counted.flatMap((step) => [...step.amounts])) {
        const sum = (amounts.get(token) ?? 0n) + sign * amount;
        if (sum === 0n) amounts.delete(token);
        else amounts.set(token, sum);
      }
    }
    return { startMs, amounts, transactions };
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

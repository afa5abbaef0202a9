import type { Logged } from "./state.ts";

/** Events without progress within `withinBlocks`, beside one policy check a minute (rule: standstill-is-written-rarely). */
const most = 3;

const withinBlocks = 100;

/** A block's time where the chain has not shown its own, milliseconds. */
const usualBlockMs = 600;

/**
 * What a log holds without progress: reasons for waiting, admissions after the first one, signatures that were thrown away, ids
 * of a fork that lost and those after them, a fate that is unknown again, an outcome that settles again. All else is written once,
 * or has a bound of its own: a transaction, a fact of a final block, a signing (rule: signed-anew-is-bounded), a term of a driver.
 */
export interface Standstill {
  /** When the latest of these events were written, milliseconds since the epoch. */
  readonly latestMs: readonly number[];
  /** Kinds of events that the log has, of those whose first one is progress. */
  readonly had: readonly string[];
  /** The foremost place in a queue that was told: each nearer one is progress. Infinite before the first. */
  readonly foremost: number;
}

export const noStandstill: Standstill = { latestMs: [], had: [], foremost: Number.POSITIVE_INFINITY };

export function noteStandstill(before: Standstill, { atMs, event }: Logged): Standstill {
  const counted = { ...before, latestMs: [...before.latestMs, atMs].slice(-most) };
  const { kind } = event;
  switch (kind.case) {
    case "waiting": {
      const position = kind.value.queue?.position ?? 0;
      return position > 0 && position < before.foremost ? { ...before, foremost: position } : counted;
    }
    case "admitted":
    case "outcomeUnknown":
    case "settling":
      return has(before, kind.case) ? counted : { ...before, had: [...before.had, kind.case] };
    case "idsWithdrawn":
      return has(before, kind.case) ? counted : { ...counted, had: [...before.had, kind.case] };
    case "submissionsAccepted":
      return has(before, "idsWithdrawn") ? counted : before;
    case "signaturesDiscarded":
      return counted;
    default:
      return before;
  }
}

/** The time, and the chain's pace. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Median time of a block, milliseconds; undefined where the chain has not shown it. */
  readonly blockMs: number | undefined;
}

/** Whether a fate or an outcome may be told again now. */
export function mayRepeat(standstill: Standstill, kind: "outcomeUnknown" | "settling", moment: Moment): boolean {
  return !has(standstill, kind) || roomFor(standstill, moment) >= 1;
}

/** Whether a reason for waiting may be told now. @param events that follow from it: its end has to be told as well, or nothing */
export function mayTell(standstill: Standstill, events: 1 | 2, moment: Moment): boolean {
  // What has not been told for long is always told: the time limit of a blockage begins with the word of it.
  return roomFor(standstill, moment) >= Math.min(most, events + attemptOf(standstill));
}

/** Whether admission may be sought now: what comes of it has to be told, whatever it is. */
export function mayTry(standstill: Standstill, moment: Moment): boolean {
  return !has(standstill, "admitted") || roomFor(standstill, moment) >= attemptOf(standstill);
}

/** Whether ids may be taken from a block that can still be replaced: they may have to be withdrawn. */
export function mayTrustHead(standstill: Standstill, moment: Moment): boolean {
  return !has(standstill, "idsWithdrawn") || roomFor(standstill, moment) >= 2;
}

/** Events that an attempt may cost: its admission, unless that is the first, and the word that it has failed. */
function attemptOf(standstill: Standstill): number {
  return has(standstill, "admitted") ? 2 : 1;
}

function roomFor({ latestMs }: Standstill, { nowMs, blockMs = usualBlockMs }: Moment): number {
  // An event far ahead of the clock was written before the clock was set right: it holds nothing up.
  return most - latestMs.filter((atMs) => Math.abs(nowMs - atMs) < withinBlocks * blockMs).length;
}

function has({ had }: Standstill, kind: string): boolean {
  return had.includes(kind);
}

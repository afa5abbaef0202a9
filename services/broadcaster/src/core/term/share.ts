import { isFresh, type Overview, preferredHolder } from "./overview.ts";

/** How long what is waited for, milliseconds. */
export interface ShareTimes {
  /** From this process's own presence until it takes what is free beside others. With jitter. */
  readonly joinMs: number;
  /** The least that another one may have for its `joinMs`: before that it is not expected to take anything. */
  readonly othersJoinMs: number;
  /** For so long another one is preferred before a partition is handed over to it. */
  readonly steadyMs: number;
  /** For so long a partition is left to the one that is preferred. With jitter. */
  readonly graceMs: number;
  /** How long a list of the living may be acted upon. */
  readonly freshMs: number;
  /** A hand-over that takes longer holds up no other. */
  readonly handOverMs: number;
}

/** The times for a lease's time. @param jittered a part of a time, at random, between a half and all of it */
export function shareTimes(ttlMs: number, jittered: (ms: number) => number): ShareTimes {
  return {
    joinMs: jittered(ttlMs / 3),
    othersJoinMs: ttlMs / 6,
    steadyMs: ttlMs / 3,
    graceMs: ttlMs / 2 + jittered(ttlMs),
    freshMs: ttlMs,
    handOverMs: 4 * ttlMs,
  };
}

/** Whom a partition belongs to, and since when without a change. */
export interface Preference {
  readonly holderId: string | undefined;
  readonly sinceMs: number;
}

export interface Situation {
  readonly partition: string;
  /** This process. */
  readonly me: string;
  readonly nowMs: number;
  /** Undefined before the first list. */
  readonly overview: Overview | undefined;
  /** Broadcasters that let this partition lie: they may not serve its gate. */
  readonly passedOver: ReadonlySet<string>;
  readonly lease:
    | { readonly kind: "held"; readonly preference: Preference | undefined }
    /** Nobody else is known to hold it from `freeSinceMs` on, which may be yet to come. */
    | { readonly kind: "not_held"; readonly freeSinceMs: number };
  /** The hand-over that is under way in this process, of whichever partition. */
  readonly handOver: { readonly sinceMs: number } | undefined;
  readonly times: ShareTimes;
}

export type Decision =
  | { readonly kind: "take" }
  /** `awaited` is the one that is to take it. */
  | { readonly kind: "wait"; readonly untilMs: number; readonly awaited: string | undefined }
  | { readonly kind: "keep"; readonly untilMs: number }
  | { readonly kind: "hand_over"; readonly to: string };

/**
 * What a process does about a partition (rule: partition-is-never-left-undriven). Who is alive only says who goes first: evidence
 * gives a lease to one process alone, whatever each of them believes. `untilMs`: then it decides anew, if nothing is heard before.
 */
export function decide(situation: Situation): Decision {
  const { overview, nowMs, times, lease } = situation;
  const fresh = overview !== undefined && isFresh(overview, nowMs, times.freshMs) ? overview : undefined;
  return lease.kind === "held"
    ? keepOrHandOver(situation, lease.preference, fresh)
    : takeOrWait(situation, lease.freeSinceMs, fresh);
}

/** A process that does not know who is alive, or is not known to be alive itself, hands nothing over. */
function keepOrHandOver(
  { me, nowMs, handOver, times }: Situation,
  preference: Preference | undefined,
  fresh: Overview | undefined,
): Decision {
  const keep = (untilMs = Number.POSITIVE_INFINITY): Decision => ({ kind: "keep", untilMs });
  const to = preference?.holderId;
  if (fresh === undefined || !fresh.seenSinceMs.has(me) || to === undefined || to === me) return keep();
  const dueMs = Math.max(preference?.sinceMs ?? nowMs, fresh.unbrokenSinceMs) + times.steadyMs;
  if (nowMs < dueMs) return keep(dueMs);
  const isBusy = handOver !== undefined && nowMs >= handOver.sinceMs && nowMs < handOver.sinceMs + times.handOverMs;
  return isBusy ? keep(handOver.sinceMs + times.handOverMs) : { kind: "hand_over", to };
}

/** One that is not preferred, or does not know, takes what nobody has taken in the grace. */
function takeOrWait(
  { partition, me, nowMs, passedOver, times }: Situation,
  freeSinceMs: number,
  fresh: Overview | undefined,
): Decision {
  const overdueMs = freeSinceMs + times.graceMs;
  if (nowMs < freeSinceMs) return { kind: "wait", untilMs: freeSinceMs, awaited: undefined };
  if (nowMs >= overdueMs) return { kind: "take" };
  if (fresh === undefined) return { kind: "wait", untilMs: overdueMs, awaited: undefined };
  const candidates = candidatesOf(fresh, passedOver);
  if (candidates.every((holderId) => holderId === me)) return { kind: "take" };
  const joinedMs = (holderId: string) =>
    (fresh.seenSinceMs.get(holderId) ?? nowMs) + (holderId === me ? times.joinMs : times.othersJoinMs);
  const first = preferredHolder(
    partition,
    candidates.filter((holderId) => joinedMs(holderId) <= nowMs),
  );
  if (first === me) return { kind: "take" };
  const joining = candidates.map(joinedMs).filter((ms) => ms > nowMs);
  return { kind: "wait", untilMs: Math.min(overdueMs, ...joining), awaited: first };
}

/** The one that is to take a partition that nobody holds, and since when it is waited for. */
export interface Awaited {
  readonly holderId: string;
  readonly sinceMs: number;
}

/**
 * Whether the awaited one let a partition lie that another one takes now: it had the time of a lease for it, and lists have shown it
 * all the while. While evidence was away nobody could take anything, and nobody is blamed.
 */
export function hasLetLie(
  awaited: Awaited,
  { freeSinceMs, nowMs, overview }: { freeSinceMs: number; nowMs: number; overview: Overview | undefined },
  ttlMs: number,
): boolean {
  if (overview === undefined || !isFresh(overview, nowMs, ttlMs / 2)) return false;
  const seenSinceMs = overview.seenSinceMs.get(awaited.holderId) ?? nowMs;
  if (Math.max(seenSinceMs, overview.unbrokenSinceMs) > awaited.sinceMs) return false;
  return nowMs - freeSinceMs >= ttlMs && nowMs - awaited.sinceMs >= ttlMs / 2;
}

/** Whom the partition belongs to after a list. */
export function preferenceAfter(
  before: Preference | undefined,
  partition: string,
  overview: Overview,
  passedOver: ReadonlySet<string>,
): Preference {
  const holderId = preferredHolder(partition, candidatesOf(overview, passedOver));
  const sinceMs = before?.holderId === holderId ? before?.sinceMs : undefined;
  return { holderId, sinceMs: Math.min(overview.asOfMs, sinceMs ?? overview.asOfMs) };
}

function candidatesOf({ seenSinceMs }: Overview, passedOver: ReadonlySet<string>): readonly string[] {
  return [...seenSinceMs.keys()].filter((holderId) => !passedOver.has(holderId));
}

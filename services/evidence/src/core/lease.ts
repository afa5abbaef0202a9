import { presenceHolder } from "@outlayer/workflow";

/** The exclusive right to work on a resource, up to a time. */
export interface Lease {
  readonly resource: string;
  readonly holderId: string;
  /** The fencing token, from 1; rises each time that the lease is taken. */
  readonly epoch: number;
  /** Milliseconds since the epoch, by the clock of the process that wrote it; so are the other times. */
  readonly expiresAtMs: number;
  /** Undefined where an older program took it. */
  readonly takenAtMs?: number | undefined;
  /** What its holder said when it was renewed last; undefined where the holder did not say. */
  readonly standing?: GateStanding | undefined;
  /** Given to stores, and not given back: when they may remove it. Undefined: never, so that no epoch comes twice. */
  readonly removableAtMs?: number | undefined;
}

/** How a gate is, as its broadcaster sees it. Nothing that is written depends on it. */
export interface GateStanding {
  /** The error code of what has kept it from carrying anything for a while; empty where nothing does. */
  readonly stuck: string;
  /** Number of workflows that wait for it, or are under way there. */
  readonly waitingWorkflows: number;
}

/** How long a broadcaster's presence is kept once it is over: nothing is written under it, so its epochs fence nothing. */
const presenceKeptMs = 86_400_000;

/** The lease that a holder would get now; undefined while another holder's has not expired. */
export function takenBy(
  holderId: string,
  resource: string,
  before: Lease | undefined,
  nowMs: number,
  ttlMs: number,
): Lease | undefined {
  if (before !== undefined && before.expiresAtMs > nowMs && before.holderId !== holderId) return undefined;
  const taken = { resource, holderId, epoch: (before?.epoch ?? 0) + 1, expiresAtMs: 0, takenAtMs: nowMs };
  return until(taken, nowMs + ttlMs);
}

/** The same lease up to another time. */
export function until(lease: Lease, expiresAtMs: number): Lease {
  const removable = presenceHolder(lease.resource) === undefined ? {} : { removableAtMs: expiresAtMs + presenceKeptMs };
  return { ...lease, expiresAtMs, ...removable };
}

/**
 * Whether this is still the lease that was taken. An expired lease is still held while nobody else has taken it: writers are told
 * apart by the epoch alone, so that no clock is relied on.
 */
export function isHeld(lease: Lease | undefined, epoch: number, holderId?: string): lease is Lease {
  return lease?.epoch === epoch && (holderId === undefined || lease.holderId === holderId);
}

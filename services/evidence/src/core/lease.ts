/** The exclusive right to work on a resource, up to a time. */
export interface Lease {
  readonly resource: string;
  readonly holderId: string;
  /** The fencing token, from 1; rises each time that the lease is taken. */
  readonly epoch: number;
  /** Milliseconds since the epoch, by the clock of the process that wrote it. */
  readonly expiresAtMs: number;
}

/** The lease that a holder would get now; undefined while another holder's has not expired. */
export function takenBy(holderId: string, resource: string, before: Lease | undefined, nowMs: number, ttlMs: number) {
  if (before !== undefined && before.expiresAtMs > nowMs && before.holderId !== holderId) return undefined;
  return { resource, holderId, epoch: (before?.epoch ?? 0) + 1, expiresAtMs: nowMs + ttlMs };
}

/**
 * Whether this is still the lease that was taken. An expired lease is still held while nobody else has taken it: writers are told
 * apart by the epoch alone, so that no clock is relied on.
 */
export function isHeld(lease: Lease | undefined, epoch: number, holderId?: string): lease is Lease {
  return lease?.epoch === epoch && (holderId === undefined || lease.holderId === holderId);
}

import { sha256Fraction } from "@outlayer/near";
import { presenceHolder } from "@outlayer/workflow";
import type { LiveLease } from "../ports/evidence-log.ts";

/** Who is alive and who holds what, as the lists of leases say. Times are this process's own, milliseconds. */
export interface Overview {
  /** When the latest list was asked for. */
  readonly asOfMs: number;
  /** Since when no list has come too late to be acted upon. */
  readonly unbrokenSinceMs: number;
  /** The live broadcasters, each with the time since which every list has had it. */
  readonly seenSinceMs: ReadonlyMap<string, number>;
  /** Holders of partitions, and until when their leases last unless they are renewed. */
  readonly held: ReadonlyMap<string, { readonly holderId: string; readonly untilMs: number }>;
}

/** The times of a list. */
export interface Listed {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/**
 * The overview after one more list. Should the clock have been set back meanwhile, no time is left that has yet to come.
 * @param freshMs how long a list may be acted upon
 */
export function overviewAfter(
  before: Overview | undefined,
  leases: readonly LiveLease[],
  { askedAtMs, answeredAtMs }: Listed,
  freshMs: number,
): Overview {
  const seenSinceMs = new Map<string, number>();
  const held = new Map<string, { holderId: string; untilMs: number }>();
  for (const { resource, holderId, remainingMs } of leases) {
    const alive = presenceHolder(resource);
    if (alive === undefined) held.set(resource, { holderId, untilMs: answeredAtMs + remainingMs });
    else seenSinceMs.set(alive, Math.min(askedAtMs, before?.seenSinceMs.get(alive) ?? askedAtMs));
  }
  const unbrokenSinceMs =
    before !== undefined && isFresh(before, askedAtMs, freshMs)
      ? Math.min(askedAtMs, before.unbrokenSinceMs)
      : askedAtMs;
  return { asOfMs: askedAtMs, unbrokenSinceMs, seenSinceMs, held };
}

/** Whether an overview may still be acted upon. */
export function isFresh({ asOfMs }: Overview, nowMs: number, freshMs: number): boolean {
  return asOfMs <= nowMs && nowMs - asOfMs <= freshMs;
}

/**
 * The broadcaster that a partition belongs to while these are alive, by rendezvous hashing: all who see the same ones alive agree,
 * and one that comes or goes moves only the partitions that it takes or leaves.
 */
export function preferredHolder(partition: string, holderIds: Iterable<string>): string | undefined {
  let best: { readonly holderId: string; readonly share: number } | undefined;
  for (const holderId of holderIds) {
    const share = sha256Fraction(`${partition} ${holderId}`);
    if (best === undefined || share > best.share || (share === best.share && holderId < best.holderId)) {
      best = { holderId, share };
    }
  }
  return best?.holderId;
}

import type {
  AcquireLeaseRequest,
  HeldLease,
  ReleaseLeaseRequest,
  RenewLeaseRequest,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { conflict, invalid, unavailable } from "@outlayer/kit";
import { isHeld, type Lease, takenBy, until } from "../core/lease.ts";
import type { EvidenceStore } from "../core/store.ts";

export interface LeaseDeps {
  readonly store: Pick<EvidenceStore, "readLease" | "replaceLease">;
  readonly now: () => number;
}

/** Leases in a list: far more than any installation has broadcasters and partitions. */
const mostListed = 1000;

/** A holder's calls about one lease that meet: one, and each time that it was made again. */
const mostAttempts = 8;

/** What writes need for checking their lease. */
export interface LeaseCheckDeps {
  readonly store: Pick<EvidenceStore, "readLease">;
}

export async function acquireLease({ store, now }: LeaseDeps, { resource, holderId, ttlMs }: AcquireLeaseRequest) {
  const before = await store.readLease(resource);
  const after = takenBy(holderId, resource, before, now(), ttlMs);
  if (after !== undefined && (await store.replaceLease(before, after))) return answer(after, true);
  const held = after === undefined ? before : await store.readLease(resource);
  if (held === undefined) throw new Error(`lease ${resource} was neither taken nor found`);
  return answer(held, false);

  function answer({ epoch, expiresAtMs }: Lease, taken: boolean) {
    return { taken, epoch: BigInt(epoch), remainingMs: Math.max(0, expiresAtMs - now()) };
  }
}

export async function renewLease({ store, now }: LeaseDeps, { lease, holderId, ttlMs, standing }: RenewLeaseRequest) {
  const { resource, epoch } = named(lease);
  const said = standing && { stuck: standing.stuck, waitingWorkflows: standing.waitingWorkflows };
  const renewed = (before: Lease) => ({ ...until(before, now() + ttlMs), standing: said });
  if (!(await holdAs(store, { resource, epoch, holderId }, renewed))) throw leaseLost(resource, epoch);
  return {};
}

export async function releaseLease({ store, now }: LeaseDeps, { lease, holderId }: ReleaseLeaseRequest) {
  await holdAs(store, { ...named(lease), holderId }, (before) => until(before, now()));
  return {};
}

/**
 * Changes a lease that is held. A call that was made again for want of an answer may meet the one before, which is under way: that
 * is no loss of the lease.
 * @returns false where it is not held any more
 */
async function holdAs(
  store: LeaseDeps["store"],
  { resource, epoch, holderId }: Pick<Lease, "resource" | "holderId"> & { readonly epoch: bigint },
  changed: (before: Lease) => Lease,
): Promise<boolean> {
  let lastMs = 0;
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const before = await store.readLease(resource);
    // One that ends sooner than a moment ago was given back.
    if (!isHeld(before, Number(epoch), holderId) || before.expiresAtMs < lastMs) return false;
    if (await store.replaceLease(before, changed(before))) return true;
    lastMs = before.expiresAtMs;
  }
  throw unavailable(`lease ${resource} is being changed`);
}

export async function listLeases({ store, now }: { store: Pick<EvidenceStore, "listLeases">; now: () => number }) {
  const nowMs = now();
  const found = await store.listLeases(nowMs, mostListed + 1);
  return {
    leases: found.slice(0, mostListed).map(({ resource, holderId, epoch, takenAtMs, expiresAtMs, standing }) => ({
      resource,
      holderId,
      epoch: BigInt(epoch),
      ...(takenAtMs === undefined ? {} : { sinceMs: BigInt(takenAtMs) }),
      remainingMs: expiresAtMs - nowMs,
      ...(standing === undefined ? {} : { standing }),
    })),
    more: found.length > mostListed,
  };
}

/**
 * Refuses writes under a lease that was taken anew, or that is for other work than the partition's
 * (rule: lease-is-for-its-partition). A write that slips through meanwhile collides with the new holder at the log's next version,
 * which is unique: the new holder reads the logs only after it has taken the lease.
 * @param partition undefined where there is no such workflow: then there is nothing that another could drive
 * @throws Refusal `Aborted`, LEASE_LOST
 */
export async function checkLease(
  { store }: LeaseCheckDeps,
  lease: HeldLease | undefined,
  partition: string | undefined,
): Promise<void> {
  const { resource, epoch } = named(lease);
  if (partition !== undefined && partition !== resource) {
    throw conflict(`lease ${resource} is not for work of ${partition}`, { reason: "LEASE_LOST" });
  }
  if (!isHeld(await store.readLease(resource), Number(epoch))) throw leaseLost(resource, epoch);
}

function named(lease: HeldLease | undefined): HeldLease {
  if (lease === undefined) throw invalid("lease is required", { field: "lease" });
  return lease;
}

function leaseLost(resource: string, epoch: bigint) {
  return conflict(`lease ${resource} is not that of epoch ${epoch} any more`, { reason: "LEASE_LOST" });
}

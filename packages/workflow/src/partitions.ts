import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";

/** The partition of all direct-user calls: nonces of one user's key are given out in one place. */
export const directUserPartition = "direct_user";

/** The partition of all workflows that one gate carries. */
export const gatePartition = (gateId: string) => `gate:${gateId}`;

const presencePrefix = "broadcaster:";

/** The lease that a broadcaster holds for as long as it is there. Nothing is written under it. */
export const presenceLease = (holderId: string) => `${presencePrefix}${holderId}`;

/** The broadcaster whose presence a lease is; undefined for a lease of something else. */
export function presenceHolder(resource: string): string | undefined {
  return resource.startsWith(presencePrefix) ? resource.slice(presencePrefix.length) : undefined;
}

/**
 * The work that a workflow belongs to for good. One broadcaster at a time drives a partition, under the lease of the same name.
 * @returns undefined for a workflow from before workflows named their gate: the operator's first gate carries it
 */
export function partitionOf({ endpoint, gateId }: Pick<Record, "endpoint" | "gateId">): string | undefined {
  if (endpoint === "direct_user_function_call") return directUserPartition;
  return gateId === undefined ? undefined : gatePartition(gateId);
}

import { sha256 } from "@noble/hashes/sha2.js";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";

/**
 * The name of all users' calls together: in metrics, and in what programs have stored that had one partition for them. No lease of
 * this name is taken any more.
 */
export const directUserCalls = "direct_user";

/** How many there are is the same in all processes, for good: with another number a wallet's open calls would have two drivers. */
const directUserPartitionCount = 8;

/** The partitions of direct-user calls. */
export const directUserPartitions: readonly string[] = Array.from(
  { length: directUserPartitionCount },
  (_, index) => `${directUserCalls}:${index}`,
);

/**
 * The partition of a wallet's direct-user calls. Nonces of a user's key must be given out in one place, or two calls could be signed to
 * the same bytes. The keystore derives such a key from the wallet id and the scope: a wallet may have several keys, and no key has two
 * wallets, so all calls with a key are in one partition.
 */
export function directUserPartition(walletId: string): string {
  const [byte = 0] = sha256(new TextEncoder().encode(walletId));
  return `${directUserCalls}:${byte % directUserPartitionCount}`;
}

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
export function partitionOf({
  endpoint,
  gateId,
  walletId,
}: Pick<Record, "endpoint" | "gateId" | "walletId">): string | undefined {
  if (endpoint === "direct_user_function_call") return directUserPartition(walletId);
  return gateId === undefined ? undefined : gatePartition(gateId);
}

import type { TransactionStatus } from "../../core/chain/transaction-status.ts";
import type { NearNode } from "../../core/ports/near-node.ts";
import type { Follower } from "./follower.ts";
import type { TransactionSightings } from "./transaction-sightings.ts";

export interface FindNeeds {
  readonly node: NearNode;
  readonly follower: Follower;
}

export interface Wanted {
  readonly hash: string;
  readonly signerId: string;
  /** Height below which it cannot be. */
  readonly since: number;
}

/** Age in blocks from which a transaction that is not known may have been forgotten: no intent lives as long. */
const oldAfter = 250;

/** Final blocks between two questions to all endpoints. */
const askEvery = 20;

/** Final blocks for which no endpoint must have kept it: behind a URL may be several nodes, of which another one is asked next. */
const forgottenAfter = 100;

/**
 * Asks for a transaction. An old one that the first endpoint does not know is asked for everywhere, now and then: another endpoint
 * or the archive may have kept it. One that none has kept for long enough is noted as forgotten (rule: forgotten-is-never-unknown).
 * @returns undefined where it is not known
 * @throws RpcUnavailable
 */
export async function findTransaction(
  { node, follower }: FindNeeds,
  { hash, signerId, since }: Wanted,
  seen: Pick<TransactionSightings, "recalledAt" | "recalled" | "forgottenSince" | "forgotten">,
): Promise<TransactionStatus | undefined> {
  const status = await node.transaction(hash, signerId);
  if (status !== undefined) return status;
  const final = follower.heads?.final.height ?? 0;
  if (final < since + oldAfter) return undefined;
  const askedAt = seen.recalledAt.get(hash);
  if (askedAt !== undefined && final < askedAt + askEvery) return seen.recalled.get(hash);
  const recalled = await node.recall({ hash, signerId, since, at: final });
  seen.recalledAt.set(hash, final);
  if (recalled.kind === "known") seen.recalled.set(hash, recalled.status);
  if (recalled.kind !== "forgotten") seen.forgottenSince.delete(hash);
  else {
    const first = seen.forgottenSince.get(hash) ?? final;
    seen.forgottenSince.set(hash, first);
    if (final >= first + forgottenAfter) {
      seen.forgotten.add(hash);
      // What one of them had told of it before will never be complete.
      seen.recalled.delete(hash);
    }
  }
  return seen.recalled.get(hash);
}

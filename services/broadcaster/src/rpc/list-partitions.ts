import { unavailable } from "@outlayer/kit";
import { presenceHolder } from "@outlayer/workflow";
import { type EvidenceLog, EvidenceUnavailable, type OpenWorkflow } from "../core/ports/evidence-log.ts";
import { preferredHolder } from "../core/term/overview.ts";

interface ListNeeds {
  readonly evidence: Pick<EvidenceLog, "listLeases" | "listOpen">;
  /** This process. */
  readonly holderId: string;
  /** Those that it serves. */
  readonly partitions: readonly string[];
}

/** Who drives each partition that this process serves, whom it belongs to, and what is open in it. */
export async function listPartitions({ evidence, holderId, partitions }: ListNeeds) {
  try {
    const [leases, open] = await Promise.all([evidence.listLeases(), evidence.listOpen(partitions)]);
    const byPartition = Map.groupBy(open, ({ partition }) => partition);
    const alive = leases.flatMap(({ resource }) => presenceHolder(resource) ?? []);
    return {
      holderId,
      liveHolderIds: alive,
      partitions: partitions.map((partition) => {
        const lease = leases.find(({ resource }) => resource === partition);
        const backlog = byPartition.get(partition) ?? [];
        return {
          partition,
          holderId: lease?.holderId ?? "",
          here: lease?.holderId === holderId,
          epoch: lease?.epoch ?? 0n,
          ...(lease?.sinceMs === undefined ? {} : { sinceMs: BigInt(lease.sinceMs) }),
          remainingMs: lease?.remainingMs ?? 0,
          preferredHolderId: preferredHolder(partition, alive) ?? "",
          openWorkflows: backlog.length,
          ...(lease?.standing === undefined ? {} : { stuck: lease.standing.stuck }),
          ...oldestOf(backlog),
        };
      }),
    };
  } catch (error) {
    if (error instanceof EvidenceUnavailable) throw unavailable("evidence does not answer");
    throw error;
  }
}

/** A UUID v7 begins with the time at which it was made; they are listed oldest first. */
function oldestOf([oldest]: readonly OpenWorkflow[]): { readonly oldestOpenedMs?: bigint } {
  const [, high, low] = oldest?.requestId.match(/^([0-9a-f]{8})-([0-9a-f]{4})-7/i) ?? [];
  return high === undefined || low === undefined ? {} : { oldestOpenedMs: BigInt(`0x${high}${low}`) };
}

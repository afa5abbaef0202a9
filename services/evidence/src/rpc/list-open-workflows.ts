import type { ListOpenWorkflowsRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { WorkflowLog } from "../core/log.ts";
import type { EvidenceStore, Projection } from "../core/store.ts";

export interface ListDeps {
  readonly store: Pick<EvidenceStore, "listOpen">;
  readonly log: Pick<WorkflowLog, "partition">;
  readonly now: () => number;
}

export async function listOpenWorkflows(
  { store, log, now }: ListDeps,
  { pageToken, pageSize, changedWithinMs, partition }: ListOpenWorkflowsRequest,
) {
  const limit = pageSize === 0 ? 100 : pageSize;
  const sinceMs = changedWithinMs === 0 ? 0 : now() - changedWithinMs;
  const page = await store.listOpen({ after: pageToken, limit, sinceMs, partition: partition || undefined });
  const named = await Promise.all(page.map(withPartition));
  return {
    workflows: named.filter((one) => partition === "" || one.partition === partition),
    nextPageToken: page.length === limit ? (page.at(-1)?.requestId ?? "") : "",
  };

  /** A workflow that an older program has written names its partition in its log alone. */
  async function withPartition({ requestId, version, status, partition }: Projection) {
    const own = partition === "" ? ((await log.partition(requestId)) ?? "") : partition;
    return { requestId, version: BigInt(version), status, partition: own };
  }
}

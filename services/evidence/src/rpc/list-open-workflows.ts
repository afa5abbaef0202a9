import type { ListOpenWorkflowsRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { WorkflowLog } from "../core/log.ts";
import type { EvidenceStore, Projection } from "../core/store.ts";

/** Logs that are looked into at once for their partition. */
const atOnce = 16;

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
  const named = [];
  for (let at = 0; at < page.length; at += atOnce) {
    named.push(...(await Promise.all(page.slice(at, at + atOnce).map(withPartition))));
  }
  return {
    workflows: named.filter((one) => partition === "" || one.partition === partition),
    nextPageToken: page.length === limit ? (page.at(-1)?.requestId ?? "") : "",
  };

  /** Of a workflow from before there were partitions the log tells it. */
  async function withPartition({ requestId, version, status, partition }: Projection) {
    const own = partition === "" ? ((await log.partition(requestId)) ?? "") : partition;
    return { requestId, version: BigInt(version), status, partition: own };
  }
}

import type { ListOpenWorkflowsRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { directUserCalls, directUserPartitions } from "@outlayer/workflow";
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
  { pageToken, pageSize, changedWithinMs, partition, partitions }: ListOpenWorkflowsRequest,
) {
  const limit = pageSize === 0 ? 100 : pageSize;
  const sinceMs = changedWithinMs === 0 ? 0 : now() - changedWithinMs;
  const wanted = new Set(partition === "" ? partitions : [...partitions, partition]);
  const page = await store.listOpen({ after: pageToken, limit, sinceMs, partitions: storedAs(wanted) });
  const named = [];
  for (let at = 0; at < page.length; at += atOnce) {
    named.push(...(await Promise.all(page.slice(at, at + atOnce).map(withPartition))));
  }
  return {
    workflows: named.filter((one) => wanted.size === 0 || wanted.has(one.partition)),
    nextPageToken: page.length === limit ? (page.at(-1)?.requestId ?? "") : "",
  };

  /** Of a workflow that a program has stored without its partition of today, the log tells it. */
  async function withPartition({ requestId, version, status, partition }: Projection) {
    const isNotToday = partition === "" || partition === directUserCalls;
    const own = isNotToday ? ((await log.partition(requestId)) ?? "") : partition;
    return { requestId, version: BigInt(version), status, partition: own };
  }
}

/** As what workflows of these partitions may be stored; undefined for all. */
function storedAs(partitions: ReadonlySet<string>): readonly string[] | undefined {
  if (partitions.size === 0) return undefined;
  const isOfUsers = directUserPartitions.some((partition) => partitions.has(partition));
  return isOfUsers ? [...new Set([...partitions, directUserCalls])] : [...partitions];
}

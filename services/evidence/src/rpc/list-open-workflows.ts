import type { ListOpenWorkflowsRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { EvidenceStore } from "../core/store.ts";

export interface ListDeps {
  readonly store: Pick<EvidenceStore, "listOpen">;
  readonly now: () => number;
}

export async function listOpenWorkflows(
  { store, now }: ListDeps,
  { pageToken, pageSize, changedWithinMs }: ListOpenWorkflowsRequest,
) {
  const limit = pageSize === 0 ? 100 : pageSize;
  const page = await store.listOpen(pageToken, limit, changedWithinMs === 0 ? 0 : now() - changedWithinMs);
  return {
    workflows: page.map(({ requestId, version, status }) => ({ requestId, version: BigInt(version), status })),
    nextPageToken: page.length === limit ? (page.at(-1)?.requestId ?? "") : "",
  };
}

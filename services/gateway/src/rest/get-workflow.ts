import type { Endpoint } from "../core/endpoint.ts";
import { type ReadingDeps, readRecord } from "./read-record.ts";

export function getWorkflow(deps: ReadingDeps): Endpoint {
  return {
    method: "GET",
    path: "/wallet/v1/workflows/:request_id",
    access: "wallet",
    handle: (request) => readRecord(deps, "workflow", request),
  };
}

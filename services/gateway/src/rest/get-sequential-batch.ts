import type { Endpoint } from "../core/endpoint.ts";
import { type ReadingDeps, readRecord } from "./read-record.ts";

export function getSequentialBatch(deps: ReadingDeps): Endpoint {
  return {
    method: "GET",
    path: "/wallet/v1/sequential-batch/:request_id",
    access: "wallet",
    handle: (request) => readRecord(deps, "sequential batch", request),
  };
}

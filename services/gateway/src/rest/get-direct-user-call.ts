import type { Endpoint } from "../core/endpoint.ts";
import { type ReadingDeps, readRecord } from "./read-record.ts";

export function getDirectUserCall(deps: ReadingDeps): Endpoint {
  return {
    method: "GET",
    path: "/wallet/v1/direct-user/function-call/:request_id",
    access: "wallet",
    handle: (request) => readRecord(deps, "direct user function call", request),
  };
}

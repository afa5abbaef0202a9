import { isUuid } from "@outlayer/workflow";
import { Problem } from "./problem.ts";

/** The kind of request in a GET's NotFound message. */
export type RequestKind = "workflow" | "sequential batch" | "direct user function call";

/** Whether a path's id has a record id's form, in either case; other ids are not looked up. */
export function isRequestId(id: string): boolean {
  return isUuid(id);
}

/** One answer for an unknown id and for another wallet's. */
export function notFound(kind: RequestKind, id: string): Problem {
  return new Problem(404, `${kind} request ${id} was not found`);
}

import { isUuid } from "@outlayer/workflow";
import { Problem } from "./problem.ts";

/** What a GET calls a request that it did not find. */
export type Called = "workflow" | "sequential batch" | "direct user function call";

/** Whether a path's id can be that of a record at all, in either case; what cannot is not looked for. */
export function isRequestId(id: string): boolean {
  return isUuid(id);
}

/** The same for an id that never was and for another wallet's. */
export function notFound(called: Called, id: string): Problem {
  return new Problem(404, `${called} request ${id} was not found`);
}

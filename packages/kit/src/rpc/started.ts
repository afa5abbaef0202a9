import type { Interceptor } from "@connectrpc/connect";
import type { Readiness } from "../readiness.ts";
import { unavailable } from "../refusal.ts";
import { isForAnybody } from "./callers.ts";

/**
 * Refuses calls that come before the service has started, as Unavailable: its ports are open by then, for its health to
 * be asked, and what its methods stand on may not be there yet.
 */
export function startedInterceptor(name: string, readiness: Readiness): Interceptor {
  return (next) => async (request) => {
    if (!readiness.started && !isForAnybody(request.service)) {
      throw unavailable(`${name} does not take calls yet: ${readiness.reasons.join(", ")}`);
    }
    return next(request);
  };
}

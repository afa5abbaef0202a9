import type { Interceptor } from "@connectrpc/connect";
import type { Readiness } from "../readiness.ts";
import { unavailable } from "../refusal.ts";
import { isForAnybody } from "./callers.ts";

/**
 * Refuses calls as Unavailable before the service has started. Its ports are open earlier, for health checks, when what its
 * methods need may not be there yet.
 */
export function startedInterceptor(name: string, readiness: Readiness): Interceptor {
  return (next) => async (request) => {
    if (!readiness.started && !isForAnybody(request.service)) {
      throw unavailable(`${name} does not take calls yet: ${readiness.reasons.join(", ")}`);
    }
    return next(request);
  };
}

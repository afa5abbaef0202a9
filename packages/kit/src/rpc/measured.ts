import { Code, ConnectError, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import type { Metrics } from "../metrics.ts";
import type { Clock } from "../ports.ts";
import { isForAnybody, methodName } from "./callers.ts";

const labels = ["rpc_method", "rpc_status_code"];

/** Measures every call, from when it was admitted to its answer or the end of its stream. Health and reflection do not count. */
export function measured(metrics: Metrics, clock: Clock): Interceptor {
  const observe = metrics.histogram({
    name: "rpc_server_call_duration_seconds",
    help: "Calls of a service's methods, from when a call was admitted to its answer, or to the end of its stream.",
    labels,
  });
  return (next) => async (request) => {
    if (isForAnybody(request.service)) return next(request);
    const begunMs = clock.now();
    const rpc_method = methodName(request.method);
    const end = (rpc_status_code: string) => observe((clock.now() - begunMs) / 1000, { rpc_method, rpc_status_code });
    try {
      const response = await next(request);
      if (response.stream) return { ...response, message: followed(response.message, end) };
      end("OK");
      return response;
    } catch (error) {
      end(codeOf(error));
      throw error;
    }
  };
}

/** Counts what `authorize` refuses: no interceptor sees that. */
export function refusalsCounted(
  metrics: Metrics,
  authorize: (context: HandlerContext) => Promise<void> | undefined,
): (context: HandlerContext) => Promise<void> | undefined {
  const count = metrics.counter({
    name: "rpc_server_refusals_total",
    help: "Calls that were refused before their message was read: by their caller, their permission, or their size.",
    labels,
  });
  return (context) => {
    const refused = (error: unknown): never => {
      count({ rpc_method: methodName(context.method), rpc_status_code: codeOf(error) });
      throw error;
    };
    try {
      return authorize(context)?.catch(refused);
    } catch (error) {
      return refused(error);
    }
  };
}

async function* followed<T>(messages: AsyncIterable<T>, end: (code: string) => void) {
  // A reader that leaves ends the stream here, too.
  let code = "CANCELED";
  try {
    yield* messages;
    code = "OK";
  } catch (error) {
    code = codeOf(error);
    throw error;
  } finally {
    end(code);
  }
}

/** As gRPC writes it, e.g. `NOT_FOUND`. */
function codeOf(error: unknown): string {
  return (Code[ConnectError.from(error).code] ?? "UNKNOWN").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Logger } from "../logger.ts";
import { Refusal } from "../refusal.ts";

/**
 * Turns what handlers throw into what callers see: a `Refusal` goes out as it says, anything else is logged with its
 * cause and goes out as "internal error". So an upstream's error is never forwarded by accident.
 */
export function errorInterceptor(logger: Logger): Interceptor {
  return (next) => async (request) => {
    const translate = (error: unknown): ConnectError => {
      const method = `${request.service.typeName}/${request.method.name}`;
      if (error instanceof Refusal) {
        // Whoever calls is told no cause; whoever runs the service should be.
        if (error.cause !== undefined) logger.warn({ err: error.cause, method }, "refused for a cause behind it");
        return toConnectError(error);
      }
      if (request.signal.aborted) {
        const late = ConnectError.from(request.signal.reason).code === Code.DeadlineExceeded;
        return late
          ? new ConnectError("no answer within the deadline", Code.DeadlineExceeded)
          : new ConnectError("cancelled", Code.Canceled);
      }
      logger.error({ err: error, method }, "handler failed");
      return new ConnectError("internal error", Code.Internal);
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: guarded(response.message, translate) } : response;
    } catch (error) {
      throw translate(error);
    }
  };
}

async function* guarded<T>(messages: AsyncIterable<T>, translate: (error: unknown) => ConnectError) {
  try {
    yield* messages;
  } catch (error) {
    throw translate(error);
  }
}

function toConnectError(refusal: Refusal): ConnectError {
  const details = refusal.details.map(({ desc, value }) => ({ desc, value: create(desc, value) }));
  return new ConnectError(refusal.message, refusal.code, undefined, details, refusal);
}

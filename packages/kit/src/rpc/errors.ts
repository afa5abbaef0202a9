import { pathToString } from "@bufbuild/protobuf/reflect";
import { ValidationError } from "@bufbuild/protovalidate";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Logger } from "../logger.ts";
import { invalid, Refusal } from "../refusal.ts";
import { connectErrorOf, domainOf } from "./error-details.ts";

/**
 * Turns what handlers throw into what callers see. A `Refusal` goes out as it is; anything else is logged with its cause and
 * goes out as "internal error", so that an upstream's error is never forwarded by accident.
 */
export function errorInterceptor(logger: Logger): Interceptor {
  return (next) => async (request) => {
    const translate = (error: unknown): ConnectError => {
      const domain = domainOf(request.service);
      const method = `${request.service.typeName}/${request.method.name}`;
      if (error instanceof Refusal) {
        // The cause is for the operator, not for the caller.
        if (error.cause !== undefined)
          logger.warn({ err: error.cause, method }, "refused, with a cause that the caller does not see");
        return connectErrorOf(error, domain);
      }
      const broken = brokenRule(error);
      if (broken !== undefined) return connectErrorOf(broken, domain);
      if (request.signal.aborted) {
        const late = ConnectError.from(request.signal.reason).code === Code.DeadlineExceeded;
        return late
          ? new ConnectError("no answer within the deadline", Code.DeadlineExceeded)
          : new ConnectError("cancelled", Code.Canceled);
      }
      logger.error({ err: error, method }, "handler failed");
      return connectErrorOf(new Refusal(Code.Internal, "internal error"), domain);
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

/** The validate interceptor's error for a request that breaks its .proto's rules. Only errors made in this process have a cause. */
function brokenRule(error: unknown): Refusal | undefined {
  if (!(error instanceof ConnectError && error.cause instanceof ValidationError)) return undefined;
  const [first] = error.cause.violations;
  return invalid(error.rawMessage, first === undefined ? {} : { field: pathToString(first.field) });
}

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
    const takesOne = request.method.methodKind === "server_streaming";
    const requestStream = request.stream ? new RequestStream(request.message, takesOne) : undefined;
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
      // `describeFaults` says what is wrong with a message, as it does for unary calls.
      if (requestStream?.error !== undefined && error === requestStream.error) return requestStream.error;
      logger.error({ err: error, method }, "handler failed");
      return connectErrorOf(new Refusal(Code.Internal, "internal error"), domain);
    };
    try {
      const response = await next(
        request.stream && requestStream !== undefined ? { ...request, message: requestStream.messages() } : request,
      );
      return response.stream ? { ...response, message: guarded(response.message, translate) } : response;
    } catch (error) {
      throw translate(error);
    }
  };
}

/**
 * The messages of a stream, and why one could not be read. Connect reads streams inside the interceptors, and the messages of unary
 * calls before.
 */
class RequestStream<T> {
  error: ConnectError | undefined;
  readonly #messages: AsyncIterable<T>;
  readonly #takesOne: boolean;

  constructor(messages: AsyncIterable<T>, takesOne: boolean) {
    this.#messages = messages;
    this.#takesOne = takesOne;
  }

  async *messages(): AsyncGenerator<T> {
    try {
      let count = 0;
      for await (const message of this.#messages) {
        count += 1;
        if (this.#takesOne && count > 1) throw notOne("received extra");
        yield message;
      }
      if (this.#takesOne && count === 0) throw notOne("missing");
    } catch (error) {
      if (error instanceof ConnectError) this.error = error;
      throw error;
    }
  }
}

/** The words of Connect, which counts the messages of a call as well. */
function notOne(what: string): ConnectError {
  return new ConnectError(`protocol error: ${what} input message for server-streaming method`, Code.Unimplemented);
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

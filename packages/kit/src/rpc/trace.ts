import type { ContextValues, Interceptor } from "@connectrpc/connect";
import { contextOf, inContext, type LogFields, traceHeaders } from "../call-context.ts";

/** Fields for the log lines of a call. @param message undefined for a call that streams its requests */
export type CallLogFields = (message: object | undefined, values: ContextValues) => LogFields;

/** Sends the current trace along with every call. */
export const traceOut: Interceptor = (next) => (request) => {
  for (const [name, value] of Object.entries(traceHeaders())) request.header.set(name, value);
  return next(request);
};

/** Handles every call within its caller's trace, with the fields that its service wants in log lines. */
export const traceIn =
  (logFields: CallLogFields = () => ({})): Interceptor =>
  (next) =>
  (request) => {
    const context = contextOf(request.header);
    context.fields = logFields(request.stream ? undefined : request.message, request.contextValues);
    return inContext(context, async () => {
      const response = await next(request);
      if (!response.stream) return response;
      const messages = response.message[Symbol.asyncIterator]();
      // A stream's handler runs when the stream is read, outside of this function.
      const message = {
        [Symbol.asyncIterator]: () => ({
          next: () => inContext(context, () => messages.next()),
          return: (value?: unknown) =>
            inContext(context, async () => (await messages.return?.(value)) ?? { done: true as const, value }),
        }),
      };
      return { ...response, message };
    });
  };

import { type ContextValues, createContextKey, type Interceptor } from "@connectrpc/connect";
import { type CallContext, contextOf, inContext, type LogFields, traceHeaders } from "../call-context.ts";

/** Fields for the log lines of a call. @param message undefined for a call that streams its requests */
export type CallLogFields = (message: object | undefined, values: ContextValues) => LogFields;

const contextKey = createContextKey<CallContext | undefined>(undefined);

/** Gives a call its context, where that is known without its headers. */
export function setContext(values: ContextValues, context: CallContext): void {
  values.set(contextKey, context);
}

/** The context of a call: one for all that is done for it. */
export function contextOfCall(values: ContextValues, headers: () => Headers): CallContext {
  const known = values.get(contextKey);
  if (known !== undefined) return known;
  const context = contextOf(headers());
  values.set(contextKey, context);
  return context;
}

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
    const context = contextOfCall(request.contextValues, () => request.header);
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

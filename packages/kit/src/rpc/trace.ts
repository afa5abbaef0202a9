import type { Interceptor } from "@connectrpc/connect";
import { contextOf, inContext, type LogFields, traceHeaders } from "../call-context.ts";
import { walletIdPattern } from "../wallet-auth.ts";
import { walletCallerIn } from "./authorize.ts";

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Sends the current trace along with every call. */
export const traceOut: Interceptor = (next) => (request) => {
  for (const [name, value] of Object.entries(traceHeaders())) request.header.set(name, value);
  return next(request);
};

/** Handles every call within its caller's trace, with the ids that its request names. */
export const traceIn: Interceptor = (next) => (request) => {
  const context = contextOf(request.header);
  if (!request.stream) context.fields = fieldsOf(request.message);
  const wallet = walletCallerIn(request.contextValues);
  if (wallet !== undefined) context.fields = { ...context.fields, wallet_id: wallet.walletId };
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

/** Only values in the shape of an id: the rest of a request goes into no log. */
function fieldsOf(message: object): LogFields {
  const text = (name: string, pattern: RegExp) => {
    const value: unknown = name in message ? message[name as keyof typeof message] : undefined;
    return typeof value === "string" && pattern.test(value) ? value : undefined;
  };
  const requestId = text("requestId", uuid);
  const walletId = text("walletId", walletIdPattern);
  return {
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(walletId === undefined ? {} : { wallet_id: walletId }),
  };
}

import type { Interceptor } from "@connectrpc/connect";
import { contextOf, inContext, type LogFields, traceHeaders } from "../call-context.ts";
import { walletIdPattern } from "../wallet-auth.ts";
import { walletCallerIn } from "./gate.ts";

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Sends the trace at hand along with every call. */
export const traceOut: Interceptor = (next) => (request) => {
  for (const [name, value] of Object.entries(traceHeaders())) request.header.set(name, value);
  return next(request);
};

/** Handles every call as part of its caller's trace, with what its request says of whose it is. */
export const traceIn: Interceptor = (next) => (request) => {
  const context = contextOf(request.header);
  if (!request.stream) context.fields = fieldsOf(request.message);
  const wallet = walletCallerIn(request.contextValues);
  if (wallet !== undefined) context.fields = { ...context.fields, wallet_id: wallet.walletId };
  return inContext(context, async () => {
    const response = await next(request);
    if (!response.stream) return response;
    const messages = response.message[Symbol.asyncIterator]();
    // A stream's handler runs when it is read, which is outside of this.
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

/** Only what has the shape of an id: the rest of a request is nobody's business. */
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

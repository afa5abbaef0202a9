import { createContextKey, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import { matchesAny } from "../secrets.ts";
import { type ServiceName, serviceNameOf } from "../service-name.ts";

const tokenHeader = "x-service-token";
const nameHeader = "x-service-name";

/** Names the calling service; undefined for any other caller. */
export type Identify = (call: Pick<HandlerContext, "requestHeader" | "values">) => ServiceName | undefined;

/** The service that the connection's client certificate names, if the certificate is valid. */
export const certifiedCaller = createContextKey<ServiceName | undefined>(undefined);

/**
 * How callers on the ports are identified: with mutual TLS by their certificate alone, otherwise by the name that they give and
 * the token that proves it. Without a token the name alone counts: configuration allows that only where all listeners are on
 * loopback.
 */
export function identifyOnPorts(token: string | undefined, mutualTls: boolean): Identify {
  if (mutualTls) return ({ values }) => values.get(certifiedCaller);
  const tokens = token === undefined ? undefined : [token];
  return ({ requestHeader: headers }) => {
    if (tokens !== undefined && !matchesAny(headers.get(tokenHeader) ?? "", tokens)) return undefined;
    return serviceNameOf(headers.get(nameHeader));
  };
}

/** Names the calling service on every outgoing call. */
export function identityInterceptor(name: ServiceName | undefined, token: string | undefined): Interceptor {
  return (next) => (request) => {
    if (name !== undefined) request.header.set(nameHeader, name);
    if (token !== undefined) request.header.set(tokenHeader, token);
    return next(request);
  };
}

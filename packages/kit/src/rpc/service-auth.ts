import { type ContextValues, createContextKey, type Interceptor } from "@connectrpc/connect";
import { type ServiceName, serviceNameOf } from "../service-name.ts";
import { matchesAny } from "../wallet-auth.ts";

const tokenHeader = "x-service-token";
const nameHeader = "x-service-name";

/** Which service calls; undefined for anybody else. */
export type Identify = (headers: Headers, connection: ContextValues) => ServiceName | undefined;

/** The service that the connection's client certificate names, where it is valid. */
export const certifiedCaller = createContextKey<ServiceName | undefined>(undefined);

/**
 * How callers on the ports are known. With mutual TLS by their certificate and nothing else; without it by the name
 * they give, for which the token vouches. Without a token the name alone counts: configuration allows that only where
 * all listeners are on loopback.
 */
export function identifyOnPorts(token: string | undefined, mutualTls: boolean): Identify {
  if (mutualTls) return (_headers, connection) => connection.get(certifiedCaller);
  return (headers) => {
    if (token !== undefined && !matchesAny(headers.get(tokenHeader) ?? "", [token])) return undefined;
    return serviceNameOf(headers.get(nameHeader));
  };
}

/** Says on every outgoing call which service makes it. */
export function identityInterceptor(name: ServiceName | undefined, token: string | undefined): Interceptor {
  return (next) => (request) => {
    if (name !== undefined) request.header.set(nameHeader, name);
    if (token !== undefined) request.header.set(tokenHeader, token);
    return next(request);
  };
}

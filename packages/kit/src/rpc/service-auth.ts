import { createContextKey, type Interceptor } from "@connectrpc/connect";
import type { Logger } from "../logger.ts";
import { denied } from "../refusal.ts";
import { type ServiceName, serviceNameOf } from "../service-name.ts";
import { matchesAny } from "../wallet-auth.ts";
import { type Accepted, type Callers, isForAnybody, methodName } from "./callers.ts";
import { connectErrorOf, domainOf } from "./error-details.ts";

const tokenHeader = "x-service-token";
const nameHeader = "x-service-name";

/** Which service calls; undefined for anybody else. */
export type Identify = (request: Parameters<ReturnType<Interceptor>>[0]) => ServiceName | undefined;

/** The service that the connection's client certificate names, where it is valid. */
export const certifiedCaller = createContextKey<ServiceName | undefined>(undefined);

/**
 * How callers on the ports are known. With mutual TLS by their certificate and nothing else; without it by the name
 * they give, for which the token vouches. Without a token the name alone counts: configuration allows that only where
 * all listeners are on loopback.
 */
export function identifyOnPorts(token: string | undefined, mutualTls: boolean): Identify {
  if (mutualTls) return (request) => request.contextValues.get(certifiedCaller);
  return ({ header }) => {
    if (token !== undefined && !matchesAny(header.get(tokenHeader) ?? "", [token])) return undefined;
    return serviceNameOf(header.get(nameHeader));
  };
}

/** Lets each method be called by those whom it accepts, and by nobody else. */
export function callerInterceptor(callers: Callers, identify: Identify, logger: Logger): Interceptor {
  return (next) => (request) => {
    if (isForAnybody(request.service)) return next(request);
    const method = methodName(request.method);
    const accepted: Accepted = callers[method] ?? [];
    if (accepted === "wallets") {
      logger.debug({ method }, "called");
      return next(request);
    }
    const caller = identify(request);
    if (caller !== undefined && accepted.includes(caller)) {
      logger.debug({ method, caller }, "called");
      return next(request);
    }
    logger.warn({ method, caller: caller ?? "nobody we know" }, "caller is not allowed");
    throw connectErrorOf(denied("this caller may not call this"), domainOf(request.service));
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

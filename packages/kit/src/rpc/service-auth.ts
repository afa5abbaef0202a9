import type { DescService } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import type { Logger } from "../logger.ts";
import { denied } from "../refusal.ts";
import { matchesAny } from "../wallet-auth.ts";
import { connectErrorOf, domainOf } from "./error-details.ts";

const header = "x-service-token";

/**
 * Lets only services call the internal ones. Without a token everybody may: configuration allows that only where all
 * listeners are on loopback.
 */
export function serviceAuthInterceptor(
  internal: readonly DescService[],
  token: string | undefined,
  logger: Logger,
): Interceptor {
  const names = new Set(internal.map((service) => service.typeName));
  return (next) => (request) => {
    if (token !== undefined && names.has(request.service.typeName)) {
      const given = request.header.get(header);
      if (given === null || !matchesAny(given, [token])) {
        logger.warn({ method: `${request.service.typeName}/${request.method.name}` }, "caller is not a service");
        throw connectErrorOf(denied("only services may call this"), domainOf(request.service));
      }
    }
    return next(request);
  };
}

/** Says on every outgoing call that a service makes it. */
export function serviceIdentityInterceptor(token: string | undefined): Interceptor {
  return (next) => (request) => {
    if (token !== undefined) request.header.set(header, token);
    return next(request);
  };
}

import { createRouterTransport, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { type RpcGuards, type RpcRoutes, routerOptions } from "./serve.ts";
import { serviceIdentityInterceptor } from "./service-auth.ts";

export interface CallerOptions {
  readonly serviceToken: string | undefined;
  readonly interceptors?: readonly Interceptor[];
}

/** Calls a service in the same process, through the same guards as its ports. */
export function inMemoryTransport(routes: RpcRoutes, guards: RpcGuards, caller: CallerOptions): Transport {
  return createRouterTransport((router) => routes.register(router), {
    router: routerOptions(routes, guards),
    transport: { interceptors: callerInterceptors(caller) },
  });
}

/** Calls a service at its h2c URL. */
export function remoteTransport(url: string, caller: CallerOptions): Transport {
  return createConnectTransport({
    baseUrl: url,
    httpVersion: "2",
    defaultTimeoutMs: 30_000,
    // A stream over a connection that died without a word would wait for ever.
    pingIntervalMs: 10_000,
    pingTimeoutMs: 5_000,
    interceptors: callerInterceptors(caller),
  });
}

function callerInterceptors({ serviceToken, interceptors = [] }: CallerOptions): Interceptor[] {
  return [serviceIdentityInterceptor(serviceToken), ...interceptors];
}

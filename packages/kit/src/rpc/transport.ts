import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { systemPorts } from "../ports.ts";
import type { ServiceName } from "../service-name.ts";
import type { TlsIdentity } from "../tls.ts";
import { GuardedSessions } from "./guarded-sessions.ts";
import { patient } from "./patience.ts";
import { identityInterceptor } from "./service-auth.ts";
import { traceOut } from "./trace.ts";

export interface RemoteCaller {
  /** Undefined for a caller that is no service. */
  readonly from: ServiceName | undefined;
  readonly to: ServiceName;
  readonly serviceToken: string | undefined;
  readonly tls?: TlsIdentity | undefined;
  readonly interceptors?: readonly Interceptor[];
}

/** Without pings, a stream over a connection that died silently would wait for ever. */
const pings = { pingIntervalMs: 10_000, pingTimeoutMs: 5_000 };

/** Calls a service at its h2c or https URL. */
export function remoteTransport(url: string, caller: RemoteCaller, ports = systemPorts()): Transport {
  const { from, to, serviceToken, tls, interceptors = [] } = caller;
  // Read for each connection, so that replaced files take effect.
  const options = tls && { createConnection: (authority: URL) => tls.connect(authority, to) };
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: "2",
    sessionManager: new GuardedSessions(ports.timers, url, pings, options),
    // Between services, packing a record takes longer than all else of its call.
    acceptCompression: [],
    interceptors: [identityInterceptor(from, serviceToken), traceOut, ...interceptors],
  });
  return patient(transport, ports);
}

import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
} from "node:http2";
import type { TlsIdentity } from "../tls.ts";
import type { NodeListener } from "./bounded-requests.ts";
import { portLimits as limits } from "./port-limits.ts";

/** The port of HTTP/2: h2c, or TLS where there is an identity. */
export function http2Server(tls: TlsIdentity | undefined, listener: NodeListener): Http2Server | Http2SecureServer {
  const bounds = {
    maxHeaderListPairs: limits.headers,
    maxSessionMemory: limits.sessionMegabytes,
    settings: { maxConcurrentStreams: limits.streams, maxHeaderListSize: limits.headerBytes },
  };
  const server = tls === undefined ? createHttp2Server(bounds, listener) : secureServer(tls, bounds, listener);
  server.maxConnections = limits.connections;
  return server;
}

function secureServer(tls: TlsIdentity, bounds: object, listener: NodeListener): Http2SecureServer {
  // Whoever has no certificate may call the public methods; services without a valid one are nobody.
  const client = { requestCert: true, rejectUnauthorized: false, handshakeTimeout: limits.handshakeMs };
  const server = createSecureServer({ ...tls.current, ...client, ...bounds, ALPNProtocols: ["h2"] }, listener);
  tls.onChange((files) => server.setSecureContext(files));
  return server;
}

/** The port of HTTP/1.1. */
export function http1Server(listener: NodeListener): HttpServer {
  const server = createHttpServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: limits.keepAliveMs,
    },
    listener,
  );
  server.maxHeadersCount = limits.headers;
  server.maxConnections = limits.connections;
  return server;
}

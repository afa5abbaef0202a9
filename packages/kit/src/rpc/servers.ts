import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
} from "node:http2";
import type { Timers } from "../ports.ts";
import type { TlsIdentity } from "../tls.ts";
import type { NodeListener } from "./bounded-requests.ts";
import { Connections, type RefusalOf, tooManyConnections } from "./connections.ts";
import { continueOnceRead } from "./last-answer.ts";
import { type PortLimits, portLimits } from "./port-limits.ts";

/** The port of HTTP/2: h2c, or TLS where there is an identity. */
export function http2Server(tls: TlsIdentity | undefined, listener: NodeListener): Http2Server | Http2SecureServer {
  const bounds = {
    maxHeaderListPairs: portLimits.headers,
    maxSessionMemory: portLimits.sessionMegabytes,
    settings: { maxConcurrentStreams: portLimits.streams, maxHeaderListSize: portLimits.headerBytes },
  };
  const server = tls === undefined ? createHttp2Server(bounds, listener) : secureServer(tls, bounds, listener);
  server.maxConnections = portLimits.connections;
  return server;
}

function secureServer(tls: TlsIdentity, bounds: object, listener: NodeListener): Http2SecureServer {
  // Anybody may call the public methods without a certificate; a service without a valid one counts as nobody.
  const client = { requestCert: true, rejectUnauthorized: false, handshakeTimeout: portLimits.handshakeMs };
  const server = createSecureServer({ ...tls.current, ...client, ...bounds, ALPNProtocols: ["h2"] }, listener);
  tls.onChange((files) => server.setSecureContext(files));
  return server;
}

/** A listener of HTTP/1.1 within its bounds. */
export interface Http1 {
  readonly server: HttpServer;
  readonly connections: Connections;
}

/** Responses to what the HTTP parser refuses, by its error code. */
const refusals: ReadonlyMap<string | undefined, string> = new Map([
  [tooManyConnections, "503 Service Unavailable\r\nretry-after: 1"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", "413 Content Too Large"],
  ["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"],
]);

/**
 * A server of HTTP/1.1 with the bounds of `portLimits`. Its answers arrive however much the client is still sending, and it
 * closes connections only after an answer.
 */
export function http1Server(
  listener: RequestListener,
  timers: Timers,
  refusalOf: RefusalOf = ({ code }) =>
    `HTTP/1.1 ${refusals.get(code) ?? "400 Bad Request"}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  limits: PortLimits = portLimits,
): Http1 {
  const connections = new Connections(timers, limits);
  const server = createHttpServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: limits.keepAliveMs,
    },
    (request, response) => {
      if (connections.takes(request, response)) listener(request, response);
    },
  );
  server.maxHeadersCount = limits.headers;
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    continueOnceRead(request, response);
    server.emit("request", request, response);
  });
  // Other expectations are ignored, as RFC 9110 allows.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  connections.attach(server, refusalOf);
  return { server, connections };
}

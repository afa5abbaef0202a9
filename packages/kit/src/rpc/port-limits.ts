/** Bounds of a service's ports, and REST's. Times are in milliseconds. */
export const portLimits = {
  /** Connections of a listener; REST's have a variable of their own. On HTTP/1.1 the one that is idle longest makes room for another. */
  connections: 1_024,
  /** Connections beyond the bound that get an answer; further ones are closed without a word. */
  turnedAway: 64,
  /** Headers of a request: how many, and their bytes together. */
  headers: 64,
  headerBytes: 16 * 1024,
  /** For a TLS handshake to finish. */
  handshakeMs: 10_000,
  /** For a request's headers on HTTP/1.1 to arrive, for the whole request, and between two checks of these limits. */
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 2_000,
  /** Idle HTTP/1.1 connection: longer than the 60 s after which load balancers give up a connection themselves. */
  keepAliveMs: 75_000,
  /** An HTTP/1.1 connection whose client reads nothing of its answer. */
  quietMs: 90_000,
  /** Requests on an HTTP/1.1 connection, which is closed after the last, or after the next once it is old. */
  requests: 10_000,
  /** For a last answer to reach a client that still sends, before the connection is closed; and how much is read of it meanwhile. */
  lingerMs: 5_000,
  lingerBytes: 4 * 1024 * 1024,
  /** Concurrent streams on an HTTP/2 connection, as long as no service has called on it. */
  streams: 100,
  /** The same for services: one connection carries the event streams and long polls of all of a service's clients. */
  serviceStreams: 10_000,
  /** MB that Node accounts to an HTTP/2 connection, at either end. Node counts some bytes of cancelled streams for good. */
  sessionMegabytes: 64,
  /** Idle HTTP/2 connection; services' connections last longer, since their own end closes after 15 minutes. */
  idleMs: 60_000,
  serviceIdleMs: 20 * 60_000,
  /** Age after which a connection takes no new requests, and the time that its streams then have to end. */
  ageMs: 60 * 60_000,
  ageGraceMs: 60 * 60_000,
  /** For the streams of a connection that its client has given up: longer than any unary call; an event stream is opened anew. */
  givenUpMs: 120_000,
  /** Between GOAWAY and refusing new streams. */
  noticeMs: 5_000,
  /** Health's watches: at once on a listener and on a connection, and how long one lasts. */
  watches: 100,
  watchesOfConnection: 4,
  watchMs: 10 * 60_000,
} as const;

export type PortLimits = { readonly [Name in keyof typeof portLimits]: number };

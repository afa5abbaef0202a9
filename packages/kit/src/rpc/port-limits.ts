/** What the ports of a service, and REST's, may cost. Times are in milliseconds. */
export const portLimits = {
  /** Connections of a listener; REST's have a variable of their own. On HTTP/1.1 the one that is without a request longest makes room for another. */
  connections: 1_024,
  /** Connections beyond those that are told so at once; more are closed without a word. */
  turnedAway: 64,
  /** Headers of a request: how many, and their bytes together. */
  headers: 64,
  headerBytes: 16 * 1024,
  /** For a TLS handshake. */
  handshakeMs: 10_000,
  /** Of HTTP/1.1: for a request's headers, and for all of it, to arrive; and how often that is looked at. */
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 2_000,
  /** Between requests on HTTP/1.1: longer than the 60 s after which load balancers give up a connection themselves. */
  keepAliveMs: 75_000,
  /** A connection of HTTP/1.1 whose client takes nothing of its answer. */
  quietMs: 90_000,
  /** Requests on a connection of HTTP/1.1, which is closed after the last, as it is after the next when it is old. */
  requests: 10_000,
  /** For a last answer to reach whoever still sends, before his connection is closed; and what is read of that. */
  lingerMs: 5_000,
  lingerBytes: 4 * 1024 * 1024,
  /** Streams at once on a connection of HTTP/2, as long as no service has called on it. */
  streams: 100,
  /** The same for services: one connection carries the event streams and long polls of a gateway's wallets. */
  serviceStreams: 10_000,
  /** MB that Node accounts to a connection of HTTP/2, at either end. It counts some bytes of cancelled streams for good. */
  sessionMegabytes: 64,
  /** A connection of HTTP/2 without a stream; of services, whose own end gives up after 15 minutes, longer. */
  idleMs: 60_000,
  serviceIdleMs: 20 * 60_000,
  /** After which a connection takes no new requests, and then for the streams that it has to end. */
  ageMs: 60 * 60_000,
  ageGraceMs: 60 * 60_000,
  /** For the streams of a connection that its client has given up: longer than any call, an event stream is begun again. */
  givenUpMs: 120_000,
  /** Between the notice that a connection takes no new streams, and refusing them. */
  noticeMs: 5_000,
  /** Health's watches: at once on a listener and on a connection, and how long one lasts. */
  watches: 100,
  watchesOfConnection: 4,
  watchMs: 10 * 60_000,
} as const;

export type PortLimits = { readonly [Name in keyof typeof portLimits]: number };

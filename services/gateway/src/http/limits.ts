/** What a connection may cost. Times are in milliseconds. */
export const limits = {
  /** Bytes of a body. */
  bodyBytes: 256 * 1024,
  /** Bytes of a request's line and headers together. */
  headerBytes: 16 * 1024,
  /** For the headers to arrive. */
  headersMs: 10_000,
  /** For the whole request to arrive. */
  requestMs: 30_000,
  /** How often those two are looked at. */
  checkMs: 2_000,
  /** A connection on which nothing moves. Longer than any answer is held. */
  idleMs: 90_000,
  /** A connection between requests. Longer than the 60 s that proxies in front usually take. */
  keepAliveMs: 72_000,
  /** Between two signs of life on an event stream. */
  heartbeatMs: 15_000,
  /**
   * For what is in flight to end when the gateway stops: longer than an upstream may take (15 s, nothing is waited for any
   * more), and short enough for the rest to stop within the process's 25 s.
   */
  graceMs: 18_000,
} as const;

/** Bounds that only REST has; the others are in kit's `portLimits`. Times are in milliseconds. */
export const limits = {
  /** Bytes of a body. */
  bodyBytes: 256 * 1024,
  /** Bytes of a body from somebody who has not proven to be a wallet. */
  strangersBodyBytes: 16 * 1024,
  /** Between two heartbeats on an event stream. */
  heartbeatMs: 15_000,
  /**
   * Time for requests in flight to end when the gateway stops: longer than an upstream may take (15 s, since waits end at once),
   * and short enough for the rest to stop within the process's 25 s.
   */
  graceMs: 18_000,
} as const;

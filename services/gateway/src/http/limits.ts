/** What REST alone bounds: the rest stands in kit's `portLimits`. Times are in milliseconds. */
export const limits = {
  /** Bytes of a body. */
  bodyBytes: 256 * 1024,
  /** Between two signs of life on an event stream. */
  heartbeatMs: 15_000,
  /**
   * For what is in flight to end when the gateway stops: longer than an upstream may take (15 s, nothing is waited for any
   * more), and short enough for the rest to stop within the process's 25 s.
   */
  graceMs: 18_000,
} as const;

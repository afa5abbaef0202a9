import { type Finding, finding } from "./finding.ts";

/** Difference of the host's clock and the chain's beyond which nothing is begun, milliseconds. */
const mostSkewMs = 10_000;

/**
 * How far the host's clock is ahead of a block that was just seen for the first time; negative where it is behind. An answer
 * that took long counts neither way. Milliseconds.
 */
export function clockAheadMs(
  block: { readonly timeMs: number },
  asked: { readonly atMs: number },
  nowMs: number,
): number {
  return Math.max(asked.atMs - block.timeMs, Math.min(nowMs - block.timeMs, 0));
}

export function isSkewed(aheadMs: number): boolean {
  return Math.abs(aheadMs) > mostSkewMs;
}

/** Whether host and chain agree on the time. Leases, grants and quotas stand on clocks that do (rule: time-is-the-chains). */
export function checkClock(aheadMs: number): Finding {
  const seconds = Math.round(aheadMs / 1000);
  const actual = `${Math.abs(seconds)} s ${seconds < 0 ? "behind" : "ahead of"} the chain's`;
  return finding(!isSkewed(aheadMs), `within ${mostSkewMs / 1000} s`, actual, {
    ok: "the host's clock and the chain's agree",
    failed: `the host's clock is ${actual}`,
  });
}

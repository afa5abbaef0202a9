import type { Clock } from "./ports.ts";

/** Lines of a kind that may be written in a burst, and the milliseconds in which one more is earned. */
const atOnce = 10;
const everyMs = 6_000;

interface Kind {
  /** When the whole burst may be written again, milliseconds since the epoch. */
  fullAtMs: number;
  leftOut: number;
}

/**
 * Bounds the log lines that callers without credentials can cause: ten of a kind at once, then one every six seconds. Without
 * it they could fill the disk and hide what matters. Each line says how many were left out before it. Callers choose no kinds.
 */
export class BoundedLines {
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param write writes the line with these fields added; not called for a line that is left out */
  write(kind: string, write: (fields: { readonly left_out?: number }) => void): void {
    const nowMs = this.#clock.now();
    const latestMs = nowMs + atOnce * everyMs;
    const state = this.#kinds.get(kind) ?? { fullAtMs: nowMs, leftOut: 0 };
    this.#kinds.set(kind, state);
    // Bounded above, because the clock may have been set back since.
    const fullAtMs = Math.min(Math.max(state.fullAtMs, nowMs), latestMs);
    const isLeftOut = fullAtMs + everyMs > latestMs;
    state.fullAtMs = isLeftOut ? fullAtMs : fullAtMs + everyMs;
    if (isLeftOut) {
      state.leftOut += 1;
      return;
    }
    const { leftOut } = state;
    state.leftOut = 0;
    write(leftOut === 0 ? {} : { left_out: leftOut });
  }
}

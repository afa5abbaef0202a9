import type { Clock } from "./ports.ts";

/** Lines of a kind at once, and the milliseconds after which there may be another one. */
const atOnce = 10;
const everyMs = 6_000;

interface Kind {
  /** When as many lines may be written at once again as if there had been none. */
  fullAtMs: number;
  leftOut: number;
}

/**
 * Bounds the lines that somebody without credentials can cause in a log, who would fill the disk with them and hide what matters:
 * ten of a kind at once, then one every six seconds. Each says how many were left out before it. Kinds are few, and never of a caller's making.
 */
export class BoundedLines {
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param write is called with what the line has to say beside its own, or not at all */
  write(kind: string, write: (fields: { readonly left_out?: number }) => void): void {
    const nowMs = this.#clock.now();
    const latestMs = nowMs + atOnce * everyMs;
    const state = this.#kinds.get(kind) ?? { fullAtMs: nowMs, leftOut: 0 };
    this.#kinds.set(kind, state);
    // Not later than after as many lines as there can be: the clock may have been set back.
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

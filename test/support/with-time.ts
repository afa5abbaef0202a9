import { MovingClock } from "./moving-clock.ts";
import { type System, type SystemOptions, withSystem } from "./system.ts";

/** The time of a system, its chain's with it. */
export interface Time {
  /** Puts it forward, milliseconds. */
  advance(ms: number): void;
}

/** A system at a time of its own. */
export function withTime(
  start: string,
  run: (system: System, time: Time) => Promise<void>,
  options: SystemOptions = {},
): Promise<void> {
  const clock = new MovingClock(start);
  return withSystem({ ...options, clock }, (system) => {
    const advance = (ms: number) => {
      clock.advance(ms);
      // The chain's time is its latest block's.
      system.devnet.controls.blocks.mine();
    };
    return run(system, { advance });
  });
}

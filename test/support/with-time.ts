import { MovingClock } from "./moving-clock.ts";
import { type System, type SystemOptions, withSystem } from "./system.ts";

/** The time of a system, its chain's with it. */
export interface Time {
  /** Puts it forward, milliseconds, and waits until the product knows it. */
  advance(ms: number): Promise<void>;
}

/** A system at a time of its own. */
export function withTime(
  start: string,
  run: (system: System, time: Time) => Promise<void>,
  options: SystemOptions = {},
): Promise<void> {
  const clock = new MovingClock(start);
  return withSystem({ ...options, clock }, (system) => {
    const { blocks, counters } = system.devnet.controls;
    const asked = () => counters.snapshot().rpc.block ?? 0;
    const advance = async (ms: number) => {
      clock.advance(ms);
      // The product's time is its final block's in some places, and its latest block's in others: two blocks lie between.
      for (let block = 0; block < 3; block += 1) {
        blocks.mine();
        // An answer under way counts the step twice: in the block's time, and as time that has passed since the question.
        const before = asked();
        while (asked() < before + 3) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    return run(system, { advance });
  });
}

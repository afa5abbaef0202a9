import type { DevnetOptions } from "@outlayer/devnet";
import type { Dice } from "./dice.ts";

/** How many shards a history's chain has, and how unkind the chain is. */
export function climateOf(dice: Dice): Pick<DevnetOptions, "shards" | "weather"> {
  const strength = dice.pick([0, 0.2, 1]);
  const chance = (most: number) => strength * most * dice.fraction();
  return {
    shards: dice.pick([1, 2, 4, 6, 9]),
    weather: {
      missedChunk: chance(0.02),
      lateHop: chance(0.1),
      lateTransaction: chance(0.2),
      congestion: chance(0.05),
      invalidOutcome: 0,
    },
  };
}

export const calmWeather = {
  missedChunk: 0,
  lateHop: 0,
  lateTransaction: 0,
  congestion: 0,
  invalidOutcome: 0,
} as const;

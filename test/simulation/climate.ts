import type { DevnetOptions } from "@outlayer/devnet";
import type { Dice } from "./dice.ts";

/** How many shards a history's chain has, how unkind the chain is, and how long it and its nodes remember. */
export interface Climate extends Pick<DevnetOptions, "shards" | "weather" | "validityPeriod"> {
  /** Newest blocks that nodes keep; undefined: all. */
  readonly keptBlocks: number | undefined;
}

/** Blocks of an epoch where nodes forget: they keep five, and a transaction is valid for two. */
const epochBlocks = 200;

export function climateOf(dice: Dice): Climate {
  const strength = dice.pick([0, 0.2, 1]);
  const chance = (most: number) => strength * most * dice.fraction();
  const forgets = dice.chance(0.5);
  return {
    ...(forgets ? { validityPeriod: BigInt(2 * epochBlocks) } : {}),
    keptBlocks: forgets ? 5 * epochBlocks : undefined,
    shards: dice.pick([1, 2, 4, 6, 9]),
    weather: {
      missedChunk: chance(0.02),
      lateHop: chance(0.1),
      lateTransaction: chance(0.2),
      congestion: chance(0.05),
      invalidOutcome: strength === 0 ? 0 : dice.pick([0, 1]),
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

import type { Block } from "../chain/block.ts";
import type { BlockProducer, BlockTime } from "../chain/block-producer.ts";
import { type Chain, ChainStateError, type ForkOptions } from "../chain/chain.ts";
import type { BlockRules } from "../chain/rules.ts";
import type { Weather } from "../chain/weather.ts";
import { ControlError } from "./control-error.ts";
import type { DevnetClock } from "./devnet-clock.ts";

export interface MineByHand {
  readonly blocks?: number;
  /** Milliseconds by which the clock moves before each block. */
  readonly stepMs?: number;
  /** Whether their chunks are missing: nothing runs in such blocks. */
  readonly missedChunk?: boolean;
  /** Heights to skip before each block. */
  readonly skipHeights?: number;
}

/** Blocks, their time, and forks. */
export class BlockControls {
  readonly #chain: Chain;
  readonly #producer: BlockProducer;
  readonly #clock: DevnetClock;

  constructor(chain: Chain, producer: BlockProducer, clock: DevnetClock) {
    this.#chain = chain;
    this.#producer = producer;
    this.#clock = clock;
  }

  /** Makes blocks now, whether or not blocks are made on a timer too. @returns the new head */
  mine({ blocks = 1, stepMs = 0, missedChunk = false, skipHeights = 0 }: MineByHand = {}): Block {
    if (!isCount(blocks)) throw new ControlError("blocks must be a whole number");
    if (!isCount(skipHeights)) throw new ControlError("skip_heights must be a whole number");
    for (let made = 0; made < blocks; made += 1) {
      this.#clock.advance(stepMs);
      this.#chain.mine({ hasChunk: !missedChunk, skip: BigInt(skipHeights) });
    }
    return this.#chain.head;
  }

  get blockTime(): BlockTime {
    return this.#producer.blockTime;
  }

  /** Whether blocks are made on the timer. */
  get isStopped(): boolean {
    return this.#producer.isStopped;
  }

  setBlockTime(blockTime: BlockTime): void {
    const isTime = typeof blockTime === "number" && Number.isFinite(blockTime) && blockTime > 0;
    if (!isTime && blockTime !== "manual") throw new ControlError('block time must be milliseconds or "manual"');
    this.#producer.setBlockTime(blockTime);
  }

  /** Stops making blocks until `go`. */
  stop(): void {
    this.#producer.stop();
  }

  go(): void {
    this.#producer.go();
  }

  /** Replaces the newest blocks; see `Chain.fork`. @throws ControlError */
  fork(options: ForkOptions): void {
    tell(() => this.#chain.fork(options));
  }

  /** Chooses the fork that stays; see `Chain.settle`. @throws ControlError */
  settle(winner: "old" | "new"): void {
    tell(() => this.#chain.settle(winner));
  }

  changeRules(change: Partial<BlockRules>): void {
    this.#chain.changeRules(change);
  }

  /** How unkind the chain is from the next block on; the seed stays. @throws ControlError for what is no chance */
  setWeather(chances: Partial<Omit<Weather, "seed">>): void {
    for (const [name, chance] of Object.entries(chances)) {
      if (!(chance >= 0 && chance <= 1)) throw new ControlError(`${name} must be a chance from 0 to 1`);
    }
    const { weather } = this.#chain.rules;
    this.#chain.changeRules({ weather: { ...weather, ...chances } });
  }
}

function tell(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof ChainStateError) throw new ControlError(error.message);
    throw error;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

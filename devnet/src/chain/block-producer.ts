import type { Ports } from "../ports.ts";
import type { Chain } from "./chain.ts";

/** Milliseconds between blocks, or only by hand. */
export type BlockTime = number | "manual";

/** Mines on a timer. While it is stopped, no blocks are made. */
export class BlockProducer {
  readonly #chain: Chain;
  readonly #ports: Ports;
  #blockTime: BlockTime;
  #isStopped = false;
  #cancel: (() => void) | undefined;

  constructor(chain: Chain, ports: Ports, blockTime: BlockTime) {
    this.#chain = chain;
    this.#ports = ports;
    this.#blockTime = blockTime;
    this.#schedule();
  }

  get blockTime(): BlockTime {
    return this.#blockTime;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  setBlockTime(blockTime: BlockTime): void {
    this.#blockTime = blockTime;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#schedule();
  }

  go(): void {
    this.#isStopped = false;
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#isStopped || this.#blockTime === "manual") return;
    this.#cancel = this.#ports.after(this.#blockTime, () => {
      this.#chain.mine();
      this.#schedule();
    });
  }
}

import type { Ports } from "../ports.ts";

/** The devnet's clock: that of its ports, shifted as tests want. Block timestamps and policies follow it. */
export class DevnetClock {
  readonly #ports: Ports;
  #offsetMs = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Milliseconds since the epoch. */
  readonly now = (): number => this.#ports.now() + this.#offsetMs;

  /** Sets the time; it runs on from there. */
  set(ms: number): void {
    this.#offsetMs = ms - this.#ports.now();
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
  }
}

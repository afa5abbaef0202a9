import type { Ports } from "../ports.ts";

/** The devnet's time: that of its ports, moved as far as a test wants it. Block timestamps and policies follow it. */
export class DevnetClock {
  readonly #ports: Ports;
  #offsetMs = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Milliseconds since the epoch. */
  readonly now = (): number => this.#ports.now() + this.#offsetMs;

  /** Makes it that time now; it goes on from there. */
  set(ms: number): void {
    this.#offsetMs = ms - this.#ports.now();
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
  }
}

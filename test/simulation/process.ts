import type { Disposer, Ports } from "@outlayer/kit";
import { Dice } from "./dice.ts";
import type { HostClock } from "./host-clock.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * A process of the simulated world: what it runs is real, its time, timers, ids and chance are the scheduler's. Killed, it
 * never hears of anything again, and nothing that it still does leaves it. Paused, it stands still: what comes to it and
 * what it was about to send waits, and its timers fire late, when it goes on with its old memory.
 */
export class SimProcess {
  readonly name: string;
  readonly ports: Ports;
  readonly #scheduler: Scheduler;
  #state: "running" | "paused" | "dead" = "running";
  #held: (() => void)[] = [];

  /** @param host whose clock it reads */
  constructor(name: string, seed: string, scheduler: Scheduler, host: HostClock) {
    this.name = name;
    this.#scheduler = scheduler;
    const dice = new Dice(`${seed} ${name}`);
    const clock = { now: () => host.now() };
    const random = { bytes: (count: number) => dice.bytes(count) };
    this.ports = {
      clock,
      random,
      ids: { uuid: () => uuidV7(clock.now(), random.bytes(10)) },
      timers: { after: (ms, run) => this.#after(ms, run) },
    };
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  get isPaused(): boolean {
    return this.#state === "paused";
  }

  /** Does something in this process, or on its way out of it: now, or once it goes on. */
  whenRunning(run: () => void): void {
    if (this.#state === "running") run();
    else if (this.#state === "paused") this.#held.push(run);
  }

  kill(): void {
    this.#state = "dead";
    this.#held = [];
  }

  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  goOn(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    // One after the other: each is done with before the next begins, as everywhere.
    for (const run of held) this.#scheduler.after(0, () => this.whenRunning(run));
  }

  #after(ms: number, run: () => void): Disposer {
    let isCancelled = false;
    const cancel = this.#scheduler.after(ms, () => {
      this.whenRunning(() => {
        if (!isCancelled) run();
      });
    });
    return () => {
      isCancelled = true;
      cancel();
    };
  }
}

/** RFC 9562: 48 bits of milliseconds, version 7, and chance. */
function uuidV7(nowMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.set(random, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

import { createHash } from "node:crypto";
import type { Scheduler } from "./scheduler.ts";

/** What happened in a history, in order. Two runs of one seed have the same. */
export class Trace {
  readonly lines: string[] = [];
  readonly #scheduler: Scheduler;
  readonly #startMs: number;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#startMs = scheduler.nowMs;
  }

  note(text: string): void {
    const seconds = ((this.#scheduler.nowMs - this.#startMs) / 1000).toFixed(3);
    this.lines.push(`${seconds.padStart(8)} ${text}`);
  }

  get hash(): string {
    return createHash("sha256").update(this.lines.join("\n")).digest("hex");
  }
}

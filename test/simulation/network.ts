import type { Dice } from "./dice.ts";
import type { SimProcess } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Tally } from "./tally.ts";
import type { Trace } from "./trace.ts";

/** How badly the network behaves: chances per message, and milliseconds. */
export interface Weather {
  readonly usualMs: number;
  /** A message that is late, and by how much at most. */
  readonly late: number;
  readonly latestMs: number;
  readonly loseRequest: number;
  readonly loseAnswer: number;
  readonly double: number;
}

export const fairWeather: Weather = { usualMs: 8, late: 0, latestMs: 0, loseRequest: 0, loseAnswer: 0, double: 0 };

/** What befalls the process that is about to send, as the history's chaos decides. */
export type Mishap = "crash_before" | "crash_after" | "pause" | undefined;

export interface Message<T> {
  readonly from: SimProcess;
  /** Undefined for what never crashes. */
  readonly to?: SimProcess | undefined;
  readonly label: string;
  readonly work: () => Promise<T>;
  /** The error of a connection that breaks. */
  readonly broken: () => unknown;
  /** Whether whoever asks gives up by himself: then silence is possible as well. */
  readonly hasLimit: boolean;
}

/** Carries every message of the simulated world, each as its dice decide: late, lost on the way there or back, or twice. */
export class Network {
  weather: Weather = fairWeather;
  /** Asked at every message that leaves a process. */
  mishapOf: (from: SimProcess, label: string) => Mishap = () => undefined;
  readonly #scheduler: Scheduler;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #tally: Tally;

  constructor(scheduler: Scheduler, dice: Dice, trace: Trace, tally: Tally) {
    this.#scheduler = scheduler;
    this.#dice = dice;
    this.#trace = trace;
    this.#tally = tally;
  }

  /** The answer as it reaches `from`; never, where that has died or nothing comes back. */
  call<T>(message: Message<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { from, label } = message;
      if (from.isDead) return;
      const mishap = from.isPaused ? undefined : this.mishapOf(from, label);
      if (mishap !== undefined) this.#trace.note(`${from.name} ${mishap} at ${label}`);
      if (mishap === "crash_before") {
        from.kill();
        return;
      }
      if (mishap === "pause") from.pause();
      from.whenRunning(() => this.#depart(message, resolve, reject));
      if (mishap === "crash_after") from.kill();
    });
  }

  /** How long one message takes, milliseconds. */
  delayMs(): number {
    const { usualMs, late, latestMs } = this.weather;
    if (this.#dice.chance(late)) return this.#dice.between(usualMs, latestMs);
    return this.#dice.between(1, usualMs);
  }

  #depart<T>(message: Message<T>, resolve: (answer: T) => void, reject: (error: unknown) => void): void {
    const { from, label } = message;
    const dice = this.#dice;
    const { weather } = this;
    this.#trace.note(`${from.name} > ${label}`);
    if (dice.chance(weather.loseRequest)) {
      this.#lose("lost_request", message, reject);
      return;
    }
    const losesAnswer = dice.chance(weather.loseAnswer);
    const isDoubled = dice.chance(weather.double);
    const answeredBy = isDoubled ? dice.between(0, 1) : 0;
    if (isDoubled) this.#tally.fault("doubled");
    for (let copy = 0; copy <= (isDoubled ? 1 : 0); copy += 1) {
      this.#scheduler.after(this.delayMs(), () => {
        this.#arrive(message, (result) => {
          if (copy !== answeredBy) return;
          if (losesAnswer) {
            this.#lose("lost_answer", message, reject);
            return;
          }
          this.#scheduler.after(this.delayMs(), () => {
            from.whenRunning(() => {
              this.#trace.note(`${from.name} < ${label}${"error" in result ? ` !${nameOf(result.error)}` : ""}`);
              if ("error" in result) reject(result.error);
              else resolve(result.answer);
            });
          });
        });
      });
    }
  }

  #arrive<T>({ to, work, broken }: Message<T>, answered: (result: { answer: T } | { error: unknown }) => void): void {
    if (to?.isDead) {
      answered({ error: broken() });
      return;
    }
    const run = () => {
      work().then(
        (answer) => answered({ answer }),
        (error) => answered({ error }),
      );
    };
    if (to === undefined) run();
    else to.whenRunning(run);
  }

  /** The connection breaks after a while, or nothing is ever heard of it. */
  #lose<T>(kind: string, { from, label, broken, hasLimit }: Message<T>, reject: (error: unknown) => void): void {
    this.#tally.fault(kind);
    this.#trace.note(`  ${kind} of ${from.name} > ${label}`);
    if (hasLimit && this.#dice.chance(0.3)) return;
    this.#scheduler.after(this.delayMs(), () => from.whenRunning(() => reject(broken())));
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 160) : String(error);
}

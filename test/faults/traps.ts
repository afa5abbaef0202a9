import type { NamedCall } from "./call-name.ts";
import type { Moment, Passage } from "./toll.ts";

/** Where a process is to be killed. */
export interface Trap {
  /** Of the call, as `call-name.ts` has it. */
  readonly call: string;
  /** The first, second, ... of these calls since the traps were set, or since the process before was killed. */
  readonly occurrence: number;
  readonly moment: Moment;
}

export const trapName = ({ call, occurrence, moment }: Trap) =>
  `${moment} ${call}${occurrence === 1 ? "" : ` (${occurrence})`}`;

/** Watches calls as they pass, and says which one is to be the last. Each trap springs once. */
export class Traps {
  /** Calls by name. */
  readonly counts = new Map<string, number>();
  #occurrences = new WeakMap<Passage, number>();
  #traps: Trap[] = [];
  #ignored: ReadonlySet<string> = new Set();

  /** Counts anew. @param ignored workflows whose calls do not count: those of before may still be at their last ones */
  set(traps: readonly Trap[], ignored: ReadonlySet<string>): void {
    this.#traps = [...traps];
    this.#ignored = ignored;
    this.#begin();
  }

  /** How many have not sprung. */
  get left(): number {
    return this.#traps.length;
  }

  /** Takes up, and answers, those that nothing came by. */
  takeUp(): readonly Trap[] {
    const left = this.#traps;
    this.#traps = [];
    return left;
  }

  /** Whether the process dies here. */
  springs({ name, requestId }: NamedCall, passage: Passage, moment: Moment): boolean {
    if (requestId !== undefined && this.#ignored.has(requestId)) return false;
    if (moment === "before") {
      const count = (this.counts.get(name) ?? 0) + 1;
      this.counts.set(name, count);
      this.#occurrences.set(passage, count);
    }
    const occurrence = this.#occurrences.get(passage);
    const fits = (trap: Trap) => trap.call === name && trap.occurrence === occurrence && trap.moment === moment;
    const at = this.#traps.findIndex(fits);
    if (at === -1) return false;
    this.#traps.splice(at, 1);
    this.#begin();
    return true;
  }

  /** What passes from now on is of another process: calls of the one before that are still on their way count no more. */
  #begin(): void {
    this.counts.clear();
    this.#occurrences = new WeakMap();
  }
}

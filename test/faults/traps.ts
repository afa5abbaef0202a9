import type { NamedCall } from "./call-name.ts";
import type { Moment, Passage } from "./toll.ts";

/** Where a process is to be killed. */
export interface Trap {
  /** Of the call, as `call-name.ts` has it. */
  readonly call: string;
  /** The first, second, ... of these calls from now on. */
  readonly occurrence: number;
  readonly moment: Moment;
}

export const trapName = ({ call, occurrence, moment }: Trap) =>
  `${moment} ${call}${occurrence === 1 ? "" : ` (${occurrence})`}`;

/** Watches calls as they pass, and says which one is to be the last. Traps lie one behind the other. */
export class Traps {
  /** Calls by name, since they were last set. */
  readonly counts = new Map<string, number>();
  #traps: Trap[] = [];
  #caught: Passage | undefined;
  #ignored: ReadonlySet<string> = new Set();

  /** Counts anew. @param ignored workflows whose calls do not count: those of before may still be at their last ones */
  set(traps: readonly Trap[], ignored: ReadonlySet<string> = new Set()): void {
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
    const [trap] = this.#traps;
    if (moment === "before") {
      const count = (this.counts.get(name) ?? 0) + 1;
      this.counts.set(name, count);
      if (trap?.call === name && trap.occurrence === count) this.#caught = passage;
    }
    if (trap === undefined || passage !== this.#caught || moment !== trap.moment) return false;
    this.#traps.shift();
    this.#begin();
    return true;
  }

  #begin(): void {
    this.counts.clear();
    this.#caught = undefined;
  }
}

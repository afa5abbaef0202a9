import type { Clock } from "@outlayer/kit";
import type { EvidenceLog, OpenWorkflow } from "../../core/ports/evidence-log.ts";

/** Pause between two sweeps of a partition, milliseconds; so long a list of recent changes is good for other partitions' sweeps. */
export const sweepMs = 2000;

/** Age of the changes that a sweep lists, milliseconds: far above the difference of clocks, and above the time of a sweep that waited. */
const recentMs = 60_000;

interface Shared {
  readonly askedAtMs: number;
  readonly partitions: ReadonlySet<string>;
  readonly list: Promise<readonly OpenWorkflow[]>;
  isAnswered: boolean;
}

/** Lists open workflows for the terms of one process. Evidence is asked for recent changes no more often for many partitions than for one. */
export class OpenLists {
  readonly #evidence: Pick<EvidenceLog, "listOpen">;
  readonly #clock: Clock;
  /** Those with a term here. */
  readonly #partitions = new Set<string>();
  #latest: Shared | undefined;

  constructor(evidence: Pick<EvidenceLog, "listOpen">, clock: Clock) {
    this.#evidence = evidence;
    this.#clock = clock;
  }

  /** A term of the partition begins. */
  join(partition: string): void {
    this.#partitions.add(partition);
  }

  leave(partition: string): void {
    this.#partitions.delete(partition);
  }

  /** All open workflows of the partition, asked for now: a term begins with what those before it have written. */
  whole(partition: string): Promise<readonly OpenWorkflow[]> {
    return this.#evidence.listOpen([partition]);
  }

  /** Those that have changed lately, as they stood up to a sweep's pause ago. */
  async recent(partition: string): Promise<readonly OpenWorkflow[]> {
    const shared = this.#current(partition) ?? this.#ask();
    return (await shared.list).filter((one) => one.partition === partition);
  }

  #current(partition: string): Shared | undefined {
    const latest = this.#latest;
    if (latest === undefined || !latest.partitions.has(partition)) return undefined;
    const ageMs = this.#clock.now() - latest.askedAtMs;
    return !latest.isAnswered || (ageMs >= 0 && ageMs < sweepMs) ? latest : undefined;
  }

  #ask(): Shared {
    const partitions = new Set(this.#partitions);
    const list = this.#evidence.listOpen([...partitions], recentMs);
    const asked: Shared = { askedAtMs: this.#clock.now(), partitions, list, isAnswered: false };
    this.#latest = asked;
    list.then(
      () => {
        asked.isAnswered = true;
      },
      () => {
        if (this.#latest === asked) this.#latest = undefined;
      },
    );
    return asked;
  }
}

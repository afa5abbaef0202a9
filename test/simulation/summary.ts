import type { HistoryResult } from "./history.ts";

/** What many histories came to. */
export class Summary {
  histories = 0;
  violations = 0;
  #workflows = 0;
  #blocks = 0;
  #interruptions = { crashes: 0, pauses: 0, stops: 0 };
  #handOvers = 0;
  readonly #statuses: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};

  add({ violations, workflows, blocks, interruptions, handOvers, statuses, faults }: HistoryResult): this {
    this.histories += 1;
    this.violations += violations.length;
    this.#workflows += workflows;
    this.#blocks += blocks;
    this.#interruptions.crashes += interruptions.crashes;
    this.#interruptions.pauses += interruptions.pauses;
    this.#interruptions.stops += interruptions.stops;
    this.#handOvers += handOvers;
    addAll(this.#statuses, statuses);
    addAll(this.#faults, faults);
    return this;
  }

  get line(): string {
    return `${this.histories} histories, ${this.#workflows} workflows, ${this.violations} violations`;
  }

  get text(): string {
    const { crashes, pauses, stops } = this.#interruptions;
    return [
      `histories   ${this.histories}`,
      `workflows   ${this.#workflows}: ${listed(this.#statuses)}`,
      `blocks      ${this.#blocks}`,
      `broadcasters ${crashes} crashes, ${pauses} pauses, ${stops} clean stops, ${this.#handOvers} hand-overs`,
      `faults      ${listed(this.#faults)}`,
      `violations  ${this.violations}`,
    ].join("\n");
  }
}

function addAll(sums: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count;
}

function listed(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return entries.map(([name, count]) => `${name} ${count}`).join(", ");
}

import { columns } from "../../embedded/src/table.ts";
import type { Violation } from "../checker/violation.ts";
import type { RunResult } from "./long-run.ts";

/** What must never be, by the kind of a violation. */
const mustNotBe: Readonly<Record<string, readonly string[]>> = {
  duplicates: ["twice", "key_used_twice", "signed_anew"],
  lost: ["lost", "unended"],
  "untrue records": ["untrue", "order", "write_ahead", "log_broken"],
};

/** What many runs came to. */
export class Table {
  runs = 0;
  readonly #counts = { workflows: 0, kills: 0 };
  readonly #on: Record<string, number> = {};
  readonly #statuses: Record<string, number> = {};
  readonly #troubles: Record<string, number> = {};
  readonly #violations: Violation[] = [];

  add({ on, kills, played, violations }: RunResult): void {
    this.runs += 1;
    this.#counts.kills += kills;
    count(this.#on, on);
    for (const { play, ends } of played) {
      this.#counts.workflows += ends.length;
      for (const { status } of ends) count(this.#statuses, status);
      for (const { name } of play.troubles) count(this.#troubles, name);
    }
    this.#violations.push(...violations);
  }

  get violations(): number {
    return this.#violations.length;
  }

  get text(): string {
    const faults = Object.values(this.#troubles).reduce((sum, one) => sum + one, 0);
    const found = Object.entries(mustNotBe).map(([name, kinds]) => [name, String(this.#ofKinds(kinds))]);
    const others = this.violations - this.#ofKinds(Object.values(mustNotBe).flat());
    return columns([
      ["runs", `${this.runs}: ${listed(this.#on)}`],
      ["workflows", `${this.#counts.workflows}: ${listed(this.#statuses)}`],
      ["kills", String(this.#counts.kills)],
      ["faults", String(faults)],
      ...Object.entries(this.#troubles)
        .sort(([, a], [, b]) => b - a)
        .map(([name, times]) => ["", `${times} ${name}`]),
      ...found,
      ...(others > 0 ? [["others", String(others)]] : []),
    ]).join("\n");
  }

  #ofKinds(kinds: readonly string[]): number {
    return this.#violations.filter(({ kind }) => kinds.includes(kind)).length;
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(", ");
}

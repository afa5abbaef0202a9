/** What was done to a history, counted. */
export class Tally {
  readonly faults: Record<string, number> = {};

  fault(kind: string): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }
}

import type { Storage } from "../../../src/contract.ts";

/** Storage over another one (or nothing) that keeps its writes to itself until they are committed. */
export class MemoryStorage implements Storage {
  readonly #below: MemoryStorage | undefined;
  readonly #written = new Map<string, unknown>();

  constructor(below?: MemoryStorage) {
    this.#below = below;
  }

  get<T>(key: string): T | undefined {
    if (this.#written.has(key)) return this.#written.get(key) as T | undefined;
    return this.#below?.get<T>(key);
  }

  set(key: string, value: unknown): void {
    this.#written.set(key, value);
  }

  delete(key: string): void {
    this.#written.set(key, undefined);
  }

  commit(): void {
    for (const [key, value] of this.#written) this.#below?.set(key, value);
    this.#written.clear();
  }

  /** All that is stored, to compare states by. */
  snapshot(): ReadonlyMap<string, unknown> {
    const all = new Map(this.#below?.snapshot());
    for (const [key, value] of this.#written) {
      if (value === undefined) all.delete(key);
      else all.set(key, value);
    }
    return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

import type { Storage } from "../../../contract.ts";

/** Copy-on-write storage over another one, which is only read. */
export class OverlayStorage implements Storage {
  readonly #below: Storage;
  readonly #written = new Map<string, unknown>();

  constructor(below: Storage) {
    this.#below = below;
  }

  get<T>(key: string): T | undefined {
    return this.#written.has(key) ? (this.#written.get(key) as T | undefined) : this.#below.get<T>(key);
  }

  set(key: string, value: unknown): void {
    this.#written.set(key, value);
  }

  delete(key: string): void {
    this.#written.set(key, undefined);
  }
}

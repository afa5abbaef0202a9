import type { Storage } from "../../contract.ts";

/** near-sdk's `IterableMap`: keys in order of insertion, but the last key takes a removed key's place. */
export class IterableMap<V> {
  readonly #storage: Storage;
  readonly #prefix: string;

  constructor(storage: Storage, prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  get(key: string): V | undefined {
    return this.#entry(key)?.value;
  }

  has(key: string): boolean {
    return this.#entry(key) !== undefined;
  }

  set(key: string, value: V): void {
    const index = this.#entry(key)?.index ?? this.#append(key);
    this.#storage.set(this.#entryKey(key), { index, value });
  }

  /** Whether there was such a key. */
  delete(key: string): boolean {
    const entry = this.#entry(key);
    if (!entry) return false;
    const lastIndex = this.#length() - 1;
    const lastKey = this.#keyAt(lastIndex);
    if (lastKey !== key) {
      this.#storage.set(this.#indexKey(entry.index), lastKey);
      this.#storage.set(this.#entryKey(lastKey), { index: entry.index, value: this.get(lastKey) });
    }
    this.#storage.delete(this.#indexKey(lastIndex));
    this.#storage.delete(this.#entryKey(key));
    this.#storage.set(this.#lengthKey(), lastIndex);
    return true;
  }

  keys(): readonly string[] {
    return Array.from({ length: this.#length() }, (_, index) => this.#keyAt(index));
  }

  #append(key: string): number {
    const index = this.#length();
    this.#storage.set(this.#indexKey(index), key);
    this.#storage.set(this.#lengthKey(), index + 1);
    return index;
  }

  #entry(key: string): { readonly index: number; readonly value: V } | undefined {
    return this.#storage.get(this.#entryKey(key));
  }

  #length(): number {
    return this.#storage.get<number>(this.#lengthKey()) ?? 0;
  }

  #keyAt(index: number): string {
    return this.#storage.get<string>(this.#indexKey(index)) ?? "";
  }

  #lengthKey(): string {
    return `${this.#prefix}.length`;
  }

  #indexKey(index: number): string {
    return `${this.#prefix}.key.${index}`;
  }

  #entryKey(key: string): string {
    return `${this.#prefix}.entry.${key}`;
  }
}

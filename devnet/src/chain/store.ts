/** Undo log of a span of writes: each key's old value, undefined where it had none. */
export type Journal = ReadonlyMap<string, unknown>;

/** Read access to one version of the chain's state. */
export interface Reader {
  get<T>(key: string): T | undefined;
}

const nothingWritten: Journal = new Map();

/**
 * All state that consensus decides, as one map of immutable values. Writes happen inside spans (`begin`). `commit` folds a span into
 * the one around it, `rollback` undoes it, and `seal` ends the outermost span (a block) and returns its journal, by which the block
 * can be undone or the state before it read.
 */
export class Store implements Reader {
  readonly #values = new Map<string, unknown>();
  readonly #open: Map<string, unknown>[] = [];

  get<T>(key: string): T | undefined {
    return this.#values.get(key) as T | undefined;
  }

  /** Sets a value, or deletes it when `undefined`. */
  set(key: string, value: unknown): void {
    const journal = this.#open.at(-1);
    if (journal === undefined) throw new Error("state is written inside a span only");
    if (!journal.has(key)) journal.set(key, this.#values.get(key));
    this.#put(key, value);
  }

  begin(): void {
    this.#open.push(new Map());
  }

  commit(): void {
    const inner = this.#end();
    const outer = this.#open.at(-1);
    if (outer === undefined) throw new Error("the outermost span is sealed, not committed");
    for (const [key, old] of inner) if (!outer.has(key)) outer.set(key, old);
  }

  rollback(): void {
    this.undo(this.#end());
  }

  seal(): Journal {
    const journal = this.#end();
    if (this.#open.length > 0) throw new Error("a span is still open");
    return journal.size === 0 ? nothingWritten : journal;
  }

  undo(journal: Journal): void {
    for (const [key, old] of journal) this.#put(key, old);
  }

  /** Every key and value as of now. */
  entries(): IterableIterator<[string, unknown]> {
    return this.#values.entries();
  }

  #end(): Map<string, unknown> {
    const journal = this.#open.pop();
    if (journal === undefined) throw new Error("no span is open");
    return journal;
  }

  #put(key: string, value: unknown): void {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
  }
}

/** The state before the spans in `later` (oldest first): the oldest of them that wrote a key knows its old value. */
export class PastReader implements Reader {
  readonly #store: Reader;
  readonly #later: readonly Journal[];

  constructor(store: Reader, later: readonly Journal[]) {
    this.#store = store;
    this.#later = later.filter((journal) => journal.size > 0);
  }

  get<T>(key: string): T | undefined {
    for (const journal of this.#later) if (journal.has(key)) return journal.get(key) as T | undefined;
    return this.#store.get<T>(key);
  }
}

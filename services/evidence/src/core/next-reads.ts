/** Reads of one key that are under way at the same time: two, so that one without an answer does not hold up the others. */
const atOnce = 2;

interface Line<T> {
  underWay: number;
  /** The read that begins when one of those under way has ended. */
  next: PromiseWithResolvers<T> | undefined;
}

/**
 * Lets concurrent readers of one key share a read. The shared read begins after each of them has asked. None joins a read that is
 * under way: its answer may be older than the question.
 */
export class NextReads<T> {
  readonly #read: (key: string) => Promise<T>;
  readonly #lines = new Map<string, Line<T>>();

  constructor(read: (key: string) => Promise<T>) {
    this.#read = read;
  }

  /** @throws what the read throws, to each reader that shares it */
  read(key: string): Promise<T> {
    const line = this.#lines.get(key) ?? { underWay: 0, next: undefined };
    this.#lines.set(key, line);
    if (line.underWay < atOnce) return this.#begin(key, line);
    line.next ??= Promise.withResolvers<T>();
    return line.next.promise;
  }

  async #begin(key: string, line: Line<T>): Promise<T> {
    line.underWay += 1;
    try {
      return await this.#read(key);
    } finally {
      line.underWay -= 1;
      const { next } = line;
      line.next = undefined;
      if (next !== undefined) next.resolve(this.#begin(key, line));
      else if (line.underWay === 0) this.#lines.delete(key);
    }
  }
}

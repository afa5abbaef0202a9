/** Number of answers from which the outdated ones are dropped. */
const roomFor = 500;

interface Answer {
  readonly value: Promise<unknown>;
  readonly untilHeight: number;
}

/**
 * Answers of the node that are good for some blocks, shared by all runs that ask in that time or at once. Only for facts that
 * a transaction meets anew anyway: chain and contracts judge the transaction by what holds when it runs.
 */
export class KeptAnswers {
  readonly #height: () => number;
  readonly #answers = new Map<string, Answer>();

  /** @param height of the head */
  constructor(height: () => number) {
    this.#height = height;
  }

  /** Whether there is an answer that is still good. */
  has(name: string): boolean {
    return this.#height() < (this.#answers.get(name)?.untilHeight ?? 0);
  }

  /** @param name of what is asked, with its subject @param blocks for which the answer is good */
  read<T>(name: string, blocks: number, read: () => Promise<T>): Promise<T> {
    const height = this.#height();
    const known = this.#answers.get(name);
    if (known !== undefined && height < known.untilHeight) return known.value as Promise<T>;
    const value = read();
    this.#answers.set(name, { value, untilHeight: height + blocks });
    value.catch(() => this.#forget(name, value));
    if (this.#answers.size > roomFor) this.#prune(height);
    return value;
  }

  /** Called where something has turned out otherwise than read: all is read anew. */
  drop(): void {
    this.#answers.clear();
  }

  #forget(name: string, value: Promise<unknown>): void {
    if (this.#answers.get(name)?.value === value) this.#answers.delete(name);
  }

  #prune(height: number): void {
    for (const [name, { untilHeight }] of this.#answers) if (untilHeight <= height) this.#answers.delete(name);
  }
}

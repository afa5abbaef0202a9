/** Wakes whoever waits for something to have changed. What changed they find out themselves. */
export class News {
  readonly #waiting = new Set<() => void>();

  tell(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next news of any of the sources, or when the signal is aborted. */
  static next(sources: readonly News[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        for (const source of sources) source.#waiting.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      for (const source of sources) source.#waiting.add(finish);
      signal.addEventListener("abort", finish);
      if (signal.aborted) finish();
    });
  }
}

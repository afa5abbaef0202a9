/** A wake-up signal for everything that waits for a change. It carries no state: waiters read what has changed themselves. */
export class Notifier {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves when any of the sources notifies, or when the signal is aborted. */
  static next(sources: readonly Notifier[], signal: AbortSignal): Promise<void> {
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

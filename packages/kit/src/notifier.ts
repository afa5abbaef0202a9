/** A wake-up signal for everything that waits for a change. It carries no state: waiters read what has changed themselves. */
export class Notifier {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves when any of the sources notifies, or when the signal is aborted. */
  static next(sources: readonly Notifier[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const all = [...sources, endOf(signal)];
      const finish = () => {
        for (const source of all) source.#waiting.delete(finish);
        resolve();
      };
      for (const source of all) source.#waiting.add(finish);
      if (signal.aborted) finish();
    });
  }
}

const ends = new WeakMap<AbortSignal, Notifier>();

/** Notifies when the signal is aborted. A signal walks through all its listeners to add or remove one; hundreds wait for the same. */
function endOf(signal: AbortSignal): Notifier {
  const known = ends.get(signal);
  if (known !== undefined) return known;
  const end = new Notifier();
  ends.set(signal, end);
  signal.addEventListener("abort", () => end.notify(), { once: true });
  return end;
}

import type { Disposer } from "@outlayer/kit";

interface Due {
  readonly atMs: number;
  /** Ties are broken by who came first. */
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/**
 * Virtual time. Nothing waits: when everything that runs has come to rest, the time is that of the next thing due, and that
 * is run. All that the simulated code does between two such things are promises, so one turn of Node's event loop is enough
 * to know that it rests. Unit tests move `virtualTime` (`packages/kit/test/support`) by hand instead: there the test knows
 * when what it asked for has come to rest, and here nobody does.
 */
export class Scheduler {
  #nowMs: number;
  #count = 0;
  readonly #heap: Due[] = [];

  /** @param startMs milliseconds since the epoch */
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): Disposer {
    this.#count += 1;
    const due: Due = { atMs: this.#nowMs + Math.ceil(Math.max(0, ms)), order: this.#count, run, isCancelled: false };
    this.#push(due);
    return () => {
      due.isCancelled = true;
    };
  }

  /** Runs what is due until this holds, or nothing is left to run. */
  async runUntil(isOver: () => boolean): Promise<void> {
    for (;;) {
      await rest();
      if (isOver()) return;
      const due = this.#pop();
      if (due === undefined) return;
      if (due.isCancelled) continue;
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
    }
  }

  /** Runs what is due until this promise has an answer. */
  async finish<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.runUntil(() => isSettled);
    if (!isSettled) throw new Error("nothing is left that could bring an answer");
    return promise;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as Due, due)) break;
      heap[at] = heap[parent] as Due;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) child += 1;
      if (isBefore(last, heap[child] as Due)) break;
      heap[at] = heap[child] as Due;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function rest(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

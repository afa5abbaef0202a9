import type { DescMethod } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { isForAnybody, methodName } from "./callers.ts";

/**
 * Counts unanswered calls, so that shutdown can wait for them and name those that it did not wait for. Health and
 * reflection do not count: their streams end only when their callers want.
 */
export class InFlight {
  readonly #counts = new Map<DescMethod, number>();
  #idle: (() => void)[] = [];

  /** One entry per method, as in `3 calls of outlayer.planner.v1.PlannerService/Plan`. */
  get left(): readonly string[] {
    return [...this.#counts].map(
      ([method, count]) => `${count} call${count === 1 ? "" : "s"} of ${methodName(method)}`,
    );
  }

  /** Resolves once no call is being answered. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#counts.size === 0) resolve();
      else this.#idle.push(resolve);
    });
  }

  readonly interceptor: Interceptor = (next) => async (request) => {
    if (isForAnybody(request.service)) return next(request);
    const { method } = request;
    this.#count(method, 1);
    let streams = false;
    try {
      const response = await next(request);
      streams = response.stream;
      return response.stream ? { ...response, message: this.#counted(method, response.message) } : response;
    } finally {
      if (!streams) this.#count(method, -1);
    }
  };

  async *#counted<T>(method: DescMethod, messages: AsyncIterable<T>) {
    try {
      yield* messages;
    } finally {
      this.#count(method, -1);
    }
  }

  #count(method: DescMethod, change: 1 | -1): void {
    const count = (this.#counts.get(method) ?? 0) + change;
    if (count === 0) this.#counts.delete(method);
    else this.#counts.set(method, count);
    if (this.#counts.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }
}

import { type ConnectRouter, createContextKey } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@outlayer/contracts/grpc/health/v1/health";
import { deadline, sleep, type Timers } from "../ports.ts";
import type { Readiness } from "../readiness.ts";
import { Code, notFound, Refusal } from "../refusal.ts";
import { portLimits } from "./port-limits.ts";

/** How often a watcher polls, milliseconds: dependencies change without a notification. */
const lookMs = 1_000;

/** Identifies the connection that a call came on; undefined in memory. */
export const connectionOf = createContextKey<object | undefined>(undefined);

/** Registers `grpc.health.v1.Health` for these services; the empty name stands for the process. */
export function healthRoutes(
  router: ConnectRouter,
  serviceNames: readonly string[],
  readiness: Readiness,
  timers: Timers,
): void {
  const known = new Set(["", ...serviceNames]);
  const status = (name: string) => {
    if (!known.has(name)) return undefined;
    return readiness.ready ? Status.SERVING : Status.NOT_SERVING;
  };
  const watches = new Watches();
  router.service(Health, {
    check({ service }) {
      const found = status(service);
      if (found === undefined) throw notFound(`service ${service} is not served here`);
      return { status: found };
    },
    list() {
      const served = (name: string) => [name, { status: status(name) ?? Status.SERVICE_UNKNOWN }] as const;
      return { statuses: Object.fromEntries([...known].map(served)) };
    },
    async *watch({ service }, { signal, values }) {
      const done = watches.enter(values.get(connectionOf));
      // Bounds the life of a watch, so that a watcher that vanished is forgotten; a living one watches again.
      const age = deadline(timers, portLimits.watchMs, signal);
      try {
        let last: Status | undefined;
        while (!age.signal.aborted) {
          const current = status(service) ?? Status.SERVICE_UNKNOWN;
          if (current !== last) yield { status: current };
          last = current;
          // At shutdown the stream ends after NOT_SERVING: the watcher has to find another process.
          if (readiness.stopping.aborted) return;
          await sleep(timers, lookMs, AbortSignal.any([age.signal, readiness.changed]));
        }
      } finally {
        age.done();
        done();
      }
    },
  });
}

/** Counts watches, since anybody may open one. */
class Watches {
  #all = 0;
  readonly #ofConnection = new WeakMap<object, number>();

  /** @returns a function to call when the watch ends @throws Refusal ResourceExhausted */
  enter(connection: object = this): () => void {
    const own = this.#ofConnection.get(connection) ?? 0;
    if (this.#all >= portLimits.watches || (connection !== this && own >= portLimits.watchesOfConnection)) {
      throw new Refusal(Code.ResourceExhausted, "too many watches: use Check", { reason: "TOO_MANY_WATCHES" });
    }
    this.#count(connection, 1);
    return () => this.#count(connection, -1);
  }

  #count(connection: object, change: 1 | -1): void {
    this.#all += change;
    this.#ofConnection.set(connection, (this.#ofConnection.get(connection) ?? 0) + change);
  }
}

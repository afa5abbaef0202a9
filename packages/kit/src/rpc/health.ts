import { type ConnectRouter, createContextKey } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@outlayer/contracts/grpc/health/v1/health";
import { deadline, sleep, type Timers } from "../ports.ts";
import type { Readiness } from "../readiness.ts";
import { Code, notFound, Refusal } from "../refusal.ts";
import { portLimits } from "./port-limits.ts";

/** How often a watcher looks for itself, milliseconds: what a service depends on changes without a word. */
const lookMs = 1_000;

/** What calls on one connection have in common; undefined in memory. */
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
      // A watcher that has watched for long asks again: one that is gone without a word is forgotten so.
      const age = deadline(timers, portLimits.watchMs, signal);
      try {
        let last: Status | undefined;
        while (!age.signal.aborted) {
          const current = status(service) ?? Status.SERVICE_UNKNOWN;
          if (current !== last) yield { status: current };
          last = current;
          // A watcher is told, and let go: it has to look for another process.
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

/** Counts watches, for anybody may open one. */
class Watches {
  #all = 0;
  readonly #ofConnection = new WeakMap<object, number>();

  /** @returns to be called when it has ended @throws Refusal ResourceExhausted */
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

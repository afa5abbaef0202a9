import type { ConnectRouter } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@outlayer/contracts/grpc/health/v1/health";
import { sleep, type Timers } from "../ports.ts";
import type { Readiness } from "../readiness.ts";
import { notFound } from "../refusal.ts";

/** How often a watcher looks for itself, milliseconds: what a service depends on changes without a word. */
const lookMs = 1_000;

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
    async *watch({ service }, { signal }) {
      let last: Status | undefined;
      while (!signal.aborted) {
        const current = status(service) ?? Status.SERVICE_UNKNOWN;
        if (current !== last) yield { status: current };
        last = current;
        // A watcher is told, and let go: it has to look for another process.
        if (readiness.stopping.aborted) return;
        await sleep(timers, lookMs, AbortSignal.any([signal, readiness.changed]));
      }
    },
  });
}

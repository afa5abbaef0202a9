import type { ConnectRouter } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@outlayer/contracts/grpc/health/v1/health";
import { notFound } from "../refusal.ts";

/** Whether this process takes requests. Shared by `grpc.health.v1` and `/readyz`. */
export class Readiness {
  #reasons: readonly string[] = ["starting"];
  readonly #watchers = new Set<() => void>();

  get ready(): boolean {
    return this.#reasons.length === 0;
  }

  /** Why not, in words that may be shown to anybody. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  set(reasons: readonly string[]): void {
    this.#reasons = reasons;
    for (const notify of [...this.#watchers]) notify();
  }

  /** Resolves at the next change, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#watchers.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      this.#watchers.add(finish);
      signal.addEventListener("abort", finish);
      if (signal.aborted) finish();
    });
  }
}

/** Registers `grpc.health.v1.Health` for these services; the empty name stands for the process. */
export function healthRoutes(router: ConnectRouter, serviceNames: readonly string[], readiness: Readiness): void {
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
        await readiness.changed(signal);
      }
    },
  });
}

import type { Transport } from "@connectrpc/connect";
import type { Release } from "../checker/rules/signed.ts";
import type { Violation } from "../checker/violation.ts";

/** Calls that write under a lease. */
const writes = ["AppendEvent", "AppendGateLog"];

interface Lease {
  readonly resource: string;
  readonly epoch: bigint;
}

interface Written {
  readonly lease: Lease;
  readonly resource: string;
  readonly requestId: string;
  readonly gateId: string;
}

/**
 * Stands at evidence's door and holds it to its word: whoever's lease another has taken by now writes nothing, and each log is
 * written under one lease's name alone. In no log does it show who wrote an entry, so the chain and the logs alone cannot tell.
 */
export class Fencing {
  readonly violations: Violation[] = [];
  /** Reservations that were given up, which shows in no workflow's log. */
  readonly released: Release[] = [];
  readonly #now: () => number;
  readonly #epochs = new Map<string, bigint>();
  /** The lease under which a log was written, by its id or its gate's. */
  readonly #resources = new Map<string, string>();

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  watch(evidence: Transport): Transport {
    return {
      stream: (...call) => evidence.stream(...call),
      unary: async (method, signal, timeoutMs, header, input, contextValues) => {
        const { lease, resource, requestId, gateId } = input as Partial<Written>;
        // As of the call: answers wait for the disk, so they come in another order than what they tell of was written in.
        const current = this.#epochs.get(lease?.resource ?? "") ?? 0n;
        const answer = await evidence.unary(method, signal, timeoutMs, header, input, contextValues);
        if (method.name === "AcquireLease" && resource !== undefined) {
          const { taken, epoch } = answer.message as unknown as { taken: boolean; epoch: bigint };
          if (taken) this.#epochs.set(resource, epoch);
        }
        if (method.name === "ReleaseUsage" && requestId !== undefined) {
          const { steps = [] } = input as { steps?: readonly number[] };
          this.released.push({ requestId, steps: [...steps], atMs: this.#now() });
        }
        if (method.name === "ReserveUsage" && (input as { termsDigest?: string }).termsDigest) {
          for (const release of this.released) {
            if (release.requestId === requestId) release.reservedAgainAtMs ??= this.#now();
          }
        }
        if (writes.includes(method.name) && lease !== undefined && lease.epoch < current) {
          const sentence = `${method.name} under epoch ${lease.epoch}, after epoch ${current} had begun`;
          this.violations.push({ kind: "unfenced", requestId, sentence });
        }
        if (writes.includes(method.name) && lease !== undefined) {
          const log = requestId ?? gateId ?? "";
          const known = this.#resources.get(log) ?? lease.resource;
          this.#resources.set(log, known);
          if (known !== lease.resource) {
            const sentence = `${method.name} of ${log} under ${lease.resource}, and under ${known} before`;
            this.violations.push({ kind: "unfenced", requestId, sentence });
          }
        }
        return answer;
      },
    };
  }
}

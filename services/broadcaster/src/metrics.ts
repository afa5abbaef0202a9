import type { Clock, Metrics, Reading } from "@outlayer/kit";
import type { RpcClient } from "./adapters/near/rpc-client.ts";
import type { Follower } from "./shell/chain/follower.ts";
import type { GateReader } from "./shell/gate/gate-reader.ts";
import type { NoteEnd } from "./shell/log/log-driver.ts";
import type { LeaseKeeper } from "./shell/term/lease-keeper.ts";

/** A time in which balances still say something, milliseconds. */
const balancesKeptMs = 15 * 60_000;

const yoctoPerNear = 1e24;

/** Upper bounds of the time that a workflow takes, in seconds: from a lone one to the longest that a queue holds. */
const workflowBuckets = [5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600];

interface Measured {
  /** All clients of NEAR's RPC. */
  readonly rpcs: readonly Pick<RpcClient, "states">[];
  readonly follower: Pick<Follower, "heads" | "clockAheadMs">;
  readonly keepers: () => readonly Pick<LeaseKeeper, "epoch" | "resource">[];
  readonly gates: () => readonly Pick<GateReader, "gateId" | "seenFunds">[];
  readonly clock: Clock;
}

/** Shows what the broadcaster knows of chain, endpoints and lease, whenever somebody asks. */
export function showState(metrics: Metrics, { rpcs, follower, keepers, gates, clock }: Measured): void {
  const endpoints = (value: (state: RpcClient["states"][number]) => number) => (): readonly Reading[] =>
    rpcs.flatMap(({ states }) => states.map((state) => ({ labels: { endpoint: state.label }, value: value(state) })));
  const labels = ["endpoint"];
  metrics.gauge(
    { name: "near_rpc_endpoint_resting", help: "1 while an endpoint is not asked since it gave no answer.", labels },
    endpoints(({ isResting }) => Number(isResting)),
  );
  metrics.gauge(
    { name: "near_rpc_endpoint_stale", help: "1 while an endpoint's final head stands still or lags.", labels },
    endpoints(({ isStale }) => Number(isStale)),
  );
  metrics.gauge(
    { name: "near_rpc_endpoint_final_height", help: "The highest final block that an endpoint has shown.", labels },
    endpoints(({ finalHeight }) => finalHeight),
  );
  metrics.gauge({ name: "near_final_block_height", help: "The final block that everything is judged by." }, () =>
    ifKnown(follower.heads?.final.height),
  );
  metrics.gauge(
    { name: "near_clock_ahead_seconds", help: "How far the host's clock is ahead of the chain's; negative: behind." },
    () => ifKnown(follower.clockAheadMs, 1000),
  );
  metrics.gauge(
    { name: "lease_held", help: "1 where this process drives the partition's workflows.", labels: ["partition"] },
    () =>
      keepers().map(({ resource, epoch }) => ({ labels: { partition: resource }, value: Number(epoch !== undefined) })),
  );
  metrics.gauge(
    {
      name: "operator_balance_near",
      help: "NEAR that relayer, approver and gate held when that was read last.",
      labels: ["gate", "account"],
    },
    () =>
      gates().flatMap(({ gateId, seenFunds }) => {
        // No value rather than an old one: who reads no balances does not know them.
        if (seenFunds === undefined || Math.abs(clock.now() - seenFunds.atMs) > balancesKeptMs) return [];
        return Object.entries(seenFunds.purse).map(([account, yocto]) => ({
          labels: { gate: gateId, account },
          value: Number(yocto) / yoctoPerNear,
        }));
      }),
  );
}

/** @returns a function that counts a hand-over of a partition */
export function countHandOvers(metrics: Metrics): (partition: string) => void {
  const count = metrics.counter({
    name: "lease_hand_overs_total",
    help: "Partitions that this process has begun to hand over to another broadcaster.",
    labels: ["partition"],
  });
  return (partition) => count({ partition });
}

/** @returns what measures the ends of a partition's workflows */
export function endsOf(metrics: Metrics): (partition: string) => NoteEnd {
  const count = metrics.counter({
    name: "workflows_ended_total",
    help: "Workflows that this process has brought to their end.",
    labels: ["partition", "status", "error_code"],
  });
  const observe = metrics.histogram({
    name: "workflow_duration_seconds",
    help: "From the opening of a workflow to its end.",
    labels: ["partition", "status"],
    buckets: workflowBuckets,
  });
  return (partition) =>
    ({ status, errorCode }, seconds) => {
      count({ partition, status, error_code: errorCode ?? "none" });
      observe(seconds, { partition, status });
    };
}

/** No value rather than a wrong one. */
function ifKnown(value: number | undefined, divisor = 1): readonly Reading[] {
  return value === undefined ? [] : [{ value: value / divisor }];
}

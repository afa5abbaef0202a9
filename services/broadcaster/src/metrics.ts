import type { Metrics, Reading } from "@outlayer/kit";
import type { RpcClient } from "./adapters/near/rpc-client.ts";
import type { Follower } from "./shell/chain/follower.ts";
import type { LeaseKeeper } from "./shell/term/lease-keeper.ts";

interface Measured {
  /** All clients of NEAR's RPC. */
  readonly rpcs: readonly Pick<RpcClient, "states">[];
  readonly follower: Pick<Follower, "heads" | "clockAheadMs">;
  readonly keepers: readonly Pick<LeaseKeeper, "epoch" | "resource">[];
}

/** Shows what the broadcaster knows of chain, endpoints and lease, whenever somebody asks. */
export function showState(metrics: Metrics, { rpcs, follower, keepers }: Measured): void {
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
      keepers.map(({ resource, epoch }) => ({ labels: { partition: resource }, value: Number(epoch !== undefined) })),
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

/** No value rather than a wrong one. */
function ifKnown(value: number | undefined, divisor = 1): readonly Reading[] {
  return value === undefined ? [] : [{ value: value / divisor }];
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Devnet, Fault } from "@outlayer/devnet";
import type { Dice } from "../../simulation/dice.ts";
import { reached, type UnderWay } from "./chain.ts";
import type { Trouble } from "./trouble.ts";

/** Names of the two endpoints of the node, which are paths of its URL. */
export const endpointNames = ["one", "two"] as const;

/** Blocks: more than any run has. */
const mostOmitted = 1_000_000;

/** What one of two endpoints may do for a while, although it answers. */
const faultsOf = {
  "stands still": ({ chain }) => ({ kind: "still", height: Number(chain.head.height) }),
  lags: () => ({ kind: "lag", blocks: 8 }),
  "leaves out every transaction": () => ({ kind: "unknown_transaction", blocks: mostOmitted }),
  "is on no shard, and says so": ({ chain }) => ({ kind: "untracked", shards: chain.layout.shards, says: "so" }),
  "is on no shard, and answers nothing": ({ chain }) => ({
    kind: "untracked",
    shards: chain.layout.shards,
    says: "nothing",
  }),
} as const satisfies Readonly<Record<string, (devnet: Devnet) => Fault>>;

/** One endpoint is not what it seems, from a status on. */
export function endpointTrouble(status: UnderWay, dice: Dice): Trouble {
  const endpoint = dice.pick(endpointNames);
  const what = dice.pick(Object.keys(faultsOf) as (keyof typeof faultsOf)[]);
  const ms = dice.between(500, 8_000);
  return {
    name: `endpoint ${endpoint} ${what} for ${ms} ms, from ${status} on`,
    async during(world, requestId) {
      await reached(world, requestId, status);
      const { devnet } = world.system;
      const fault = faultsOf[what](devnet);
      const { id } = devnet.controls.faults.add({ target: "rpc", method: `POST /${endpoint}`, count: null, fault });
      await sleep(ms);
      devnet.controls.faults.remove(id);
    },
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import { keyOf, useElsewhere } from "../../support/direct-user.ts";
import { waitUntil } from "../../support/wait-until.ts";
import type { World } from "../world.ts";
import type { Trouble } from "./trouble.ts";

/** Statuses of a workflow that is under way, in order. */
export const underWay = ["policy_checking", "signing", "submitting", "submitted", "resuming", "dispatching"] as const;

export type UnderWay = (typeof underWay)[number];

const stalledBlocks = 50;

/** For so many blocks a delegate is good: every kill takes a second of blocks that are many times faster than NEAR's. */
export const delegateValidityBlocks = 1_000;

/** As many as the gate takes: that runs for longer than it takes a broadcaster to come after one that was killed. */
const foreignCalls = 12;

/** Blocks for which two forks are there. */
const forkedBlocks = 2;

/** No block is made for the time of fifty. */
export const stall = (status: UnderWay): Trouble => ({
  name: `no block for the time of ${stalledBlocks}, from ${status} on`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    const { blocks } = world.system.devnet.controls;
    blocks.stop();
    await sleep(stalledBlocks * world.blockTimeMs);
    blocks.go();
  },
});

/** It is away for a second, and has forgotten what it had not put into a block. */
export const nodeRestart = (status: UnderWay): Trouble => ({
  name: `the node starts again at ${status}`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    const { chain, controls } = world.system.devnet;
    for (const { hash } of chain.pool.ordered()) chain.pool.delete(hash);
    controls.rpc.setAway(true);
    await sleep(1_000);
    controls.rpc.setAway(false);
  },
});

/** Blocks that are not final lose their place. */
export const fork = (
  status: UnderWay,
  { transactions, winner }: { readonly transactions: "return" | "drop"; readonly winner: "old" | "new" },
): Trouble => ({
  name: `a fork at ${status} that ${winner === "new" ? `wins; transactions ${transactions}` : "loses"}`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    const { chain, controls } = world.system.devnet;
    const depth = chain.mostReplaced;
    // By another trouble, just now.
    if (chain.isForked || depth < 1) return;
    controls.blocks.fork({ depth, transactions });
    await sleep(forkedBlocks * world.blockTimeMs);
    if (chain.isForked) controls.blocks.settle(winner);
  },
});

/** The gate's owner does not let the relayer submit, until it has ended. */
export const relayerBarred = (status: UnderWay): Trouble => ({
  name: `the relayer is barred at ${status}`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    const { controls, relayer } = world.system.devnet;
    controls.gate.setRelayer(relayer.accountId, false);
    await world.ended(requestId);
    controls.gate.setRelayer(relayer.accountId, true);
  },
});

/** Somebody else's chain gets onto the gate. */
export const foreignChain = (status: UnderWay): Trouble => ({
  name: `somebody else's chain at ${status}`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    // Too late where ours is on the gate already.
    await world.system.devnet.controls.gate.foreignChain(foreignCalls).done.catch(() => undefined);
  },
});

/** The user's key has gone beyond what was signed with it, as if it had another holder. */
export const keyUsed = (status: UnderWay): Trouble => ({
  name: `the user's key is used at ${status}`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    const { devnet } = world.system;
    useElsewhere(devnet, await keyOf(world.system.rest()), 5n);
    devnet.controls.blocks.mine({ blocks: 3 });
  },
});

/** Its caller cancels it. */
const cancelled = (status: UnderWay): Trouble => ({
  name: `cancelled at ${status}`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    await world.cancel(requestId);
  },
});

/** Its delegates grow too old. */
export const aged = (status: UnderWay): Trouble => ({
  name: `${delegateValidityBlocks} blocks pass at ${status}`,
  async during(world, requestId) {
    await reached(world, requestId, status);
    world.system.devnet.controls.blocks.mine({ blocks: delegateValidityBlocks + 1 });
  },
});

/** Its caller cancels it, and what was signed by then dies. */
export const cancelledAndOutlived = (status: UnderWay): Trouble => ({
  name: `cancelled at ${status}, and outlived`,
  async during(world, requestId) {
    await cancelled(status).during?.(world, requestId);
    await world.until(requestId, (record) => record.status === "settling" || record.retry_after_ms === null);
    world.system.devnet.controls.blocks.mine({ blocks: delegateValidityBlocks + 1 });
  },
});

/** More blocks than a transaction must be old for the product to ask whether nodes have forgotten it. */
const forgottenBlocks = 300;

/**
 * What it sends last runs unseen, and nodes have forgotten it before anybody asks.
 * @param sends transactions up to that one
 */
export function forgotten(sends: 1 | 2): Trouble {
  let sentBefore = 0;
  return {
    name: `nodes have forgotten what was sent as number ${sends}`,
    before(world) {
      sentBefore = sentOf(world);
      world.system.devnet.controls.blocks.stop();
    },
    async during(world, requestId) {
      const { blocks, rpc } = world.system.devnet.controls;
      const isSent = (count: number) => waitUntil(() => sentOf(world) >= sentBefore + count, `${count} sends`, 60_000);
      await isSent(1);
      if (sends === 2) {
        blocks.mine({ blocks: 2 });
        await isSent(2);
      }
      rpc.keepBlocks(forgottenBlocks - 100);
      blocks.mine({ blocks: forgottenBlocks });
      blocks.go();
      await world.ended(requestId);
      rpc.keepBlocks(undefined);
    },
  };
}

function sentOf({ system }: World): number {
  return system.devnet.controls.counters.snapshot().rpc.send_tx ?? 0;
}

/** Or it is past that, or over. */
export async function reached(world: World, requestId: string, status: UnderWay): Promise<void> {
  const before: readonly string[] = ["planned", "queued", ...underWay.slice(0, underWay.indexOf(status))];
  await world.until(requestId, (record) => !before.includes(record.status));
}

import assert from "node:assert/strict";
import { directUserPartition, directUserPartitions, partitionOf } from "@outlayer/workflow";

const ofUser = (walletId: string) =>
  partitionOf({ endpoint: "direct_user_function_call", gateId: undefined, walletId });

describe("the partition of a direct-user call", () => {
  it("is of the call's wallet, and never another one: the partitions stand in databases, and leases are for them", () => {
    const known = { "wallet-1": 0, "wallet-2": 5, "wallet-3": 3, "account:mike.near": 5, "": 3, "каша 🥣": 3 };
    for (const [walletId, index] of Object.entries(known)) assert.equal(ofUser(walletId), `direct_user:${index}`);
    assert.deepEqual(
      directUserPartitions,
      [0, 1, 2, 3, 4, 5, 6, 7].map((index) => `direct_user:${index}`),
    );
  });

  it("is each of them for about as many wallets", () => {
    const counts = Map.groupBy(
      Array.from({ length: 8_000 }, (_, index) => directUserPartition(`wallet-${index}`)),
      (partition) => partition,
    );
    for (const partition of directUserPartitions) {
      const count = counts.get(partition)?.length ?? 0;
      assert.ok(count > 850 && count < 1_150, `${partition}: ${count}`);
    }
  });

  it("is that of a gate for no call of a user, whatever the log says, and the wallet's for nothing else", () => {
    const of = (endpoint: string, gateId?: string) => partitionOf({ endpoint, gateId, walletId: "wallet-1" });
    assert.equal(of("direct_user_function_call", "a.near"), "direct_user:0");
    assert.equal(of("workflow", "a.near"), "gate:a.near");
    assert.equal(of("sequential_batch"), undefined);
  });
});

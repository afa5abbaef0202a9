import assert from "node:assert/strict";
import { Code, Refusal } from "@outlayer/kit";
import { EvidenceUnavailable, type LiveLease, type OpenWorkflow } from "../src/core/ports/evidence-log.ts";
import { preferredHolder } from "../src/core/term/overview.ts";
import { listPartitions } from "../src/rpc/list-partitions.ts";

const partitions = ["gate:a.near", "gate:b.near", "direct_user:3"];

function list(leases: readonly LiveLease[], open: Readonly<Record<string, readonly string[]>> = {}) {
  const evidence = {
    listLeases: async () => leases,
    listOpen: async (asked: readonly string[]): Promise<readonly OpenWorkflow[]> =>
      asked.flatMap((partition) =>
        (open[partition] ?? []).map((requestId) => ({ requestId, partition, version: 1, status: "planned" })),
      ),
  };
  return listPartitions({ evidence, holderId: "me", partitions });
}

const lease = (resource: string, holderId: string, sinceMs?: number, more: Partial<LiveLease> = {}): LiveLease => {
  return { resource, holderId, epoch: 7n, sinceMs, remainingMs: 900, ...more };
};

describe("the list of partitions", () => {
  it("says of each who drives it, since when and for how long, whom it belongs to, what is open in it, and what it is stuck by", async () => {
    const standing = { stuck: "balance_low", waitingWorkflows: 2 };
    const leases = [
      lease("gate:a.near", "me", 5_000, { standing }),
      lease("direct_user:3", "old"),
      lease("gate:other.near", "me"),
    ];
    const alive = ["me", "other"].map((holderId) => lease(`broadcaster:${holderId}`, holderId));
    const oldest = "0198c0de-1234-7000-8000-000000000001";
    const { partitions, ...process } = await list([...leases, ...alive], {
      "gate:a.near": [oldest, "0198c0df-1234-7000-8000-000000000001"],
      "direct_user:3": ["0198c0de-1234-4000-8000-000000000001"],
    });
    assert.deepEqual(process, { holderId: "me", liveHolderIds: ["me", "other"] });
    const preferred = (partition: string) => preferredHolder(partition, ["me", "other"]);
    const ofA = { holderId: "me", here: true, epoch: 7n, sinceMs: 5_000n, remainingMs: 900 };
    const ofUsers = { holderId: "old", here: false, epoch: 7n, remainingMs: 900 };
    assert.deepEqual(partitions, [
      {
        ...{ partition: "gate:a.near", ...ofA, preferredHolderId: preferred("gate:a.near") },
        ...{ openWorkflows: 2, stuck: "balance_low", oldestOpenedMs: BigInt(Date.parse("2025-08-19T05:47:15.892Z")) },
      },
      {
        ...{ partition: "gate:b.near", holderId: "", here: false, epoch: 0n, remainingMs: 0 },
        ...{ preferredHolderId: preferred("gate:b.near"), openWorkflows: 0 },
      },
      // The id of its workflow has no time in it.
      { partition: "direct_user:3", ...ofUsers, preferredHolderId: preferred("direct_user:3"), openWorkflows: 1 },
    ]);
  });

  it("says that a partition belongs to nobody where no broadcaster is alive that says so", async () => {
    const { partitions } = await list([lease("gate:a.near", "old")]);
    assert.deepEqual(
      partitions.map(({ holderId, preferredHolderId }) => [holderId, preferredHolderId]),
      [
        ["old", ""],
        ["", ""],
        ["", ""],
      ],
    );
  });

  it("is refused as unavailable while evidence is away", async () => {
    const away = async () => {
      throw new EvidenceUnavailable("evidence: no connection to 10.0.0.7");
    };
    const evidence = { listLeases: async () => [], listOpen: away };
    const error = await listPartitions({ evidence, holderId: "me", partitions }).catch((caught: unknown) => caught);
    assert.ok(error instanceof Refusal);
    assert.deepEqual([error.code, error.message], [Code.Unavailable, "evidence does not answer"]);
  });
});

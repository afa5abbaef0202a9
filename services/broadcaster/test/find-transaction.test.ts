import assert from "node:assert/strict";
import { readTransactionStatus } from "../src/core/chain/transaction-status.ts";
import type { Recall } from "../src/core/ports/near-node.ts";
import { findTransaction } from "../src/shell/chain/find-transaction.ts";
import { TransactionSightings } from "../src/shell/chain/transaction-sightings.ts";
import { transactionStatus } from "./core/transaction-builder.ts";

const status = readTransactionStatus(transactionStatus([{ id: "r0" }]));

/** Looks for a transaction that the first endpoint does not know, at final heights one after the other. */
async function lookedFor(answers: Readonly<Record<number, Recall["kind"]>>, until: number, since = 1000) {
  const asked: number[] = [];
  const seen = new TransactionSightings();
  let height = since;
  let answer: Recall["kind"] = "unknown";
  const tools = {
    node: {
      async transaction() {},
      async recall({ at }: { readonly at: number }) {
        asked.push(at);
        return { kind: answer, status };
      },
    },
    follower: {
      get heads() {
        return { final: { height } };
      },
    },
  } as unknown as Parameters<typeof findTransaction>[0];
  let found: unknown;
  for (; height <= until; height += 1) {
    answer = answers[height] ?? answer;
    found = await findTransaction(tools, { hash: "t", signerId: "a.near", since }, seen);
  }
  return { asked, found, isForgotten: seen.forgotten.has("t") };
}

describe("a transaction that the first endpoint does not know", () => {
  it("is asked for everywhere only once it is older than any intent, and every 20 blocks at the most", async () => {
    assert.deepEqual((await lookedFor({}, 1290)).asked, [1250, 1270, 1290]);
  });

  it("counts as forgotten once every answer for 100 blocks was that nobody has kept it (rule: forgotten-is-never-unknown)", async () => {
    assert.equal((await lookedFor({ 1000: "forgotten" }, 1349)).isForgotten, false);
    assert.equal((await lookedFor({ 1000: "forgotten" }, 1350)).isForgotten, true);
  });

  it("does not count as forgotten where another node behind the URL has kept it, or lags", async () => {
    for (const other of ["unknown", "untold"] as const) {
      const answers = { 1000: "forgotten", 1290: other, 1300: "forgotten" } as const;
      assert.equal((await lookedFor(answers, 1400)).isForgotten, false);
      assert.equal((await lookedFor(answers, 1410)).isForgotten, true);
    }
  });

  it("is not found any more once nobody has kept it, whatever one had told before", async () => {
    const { found, isForgotten } = await lookedFor({ 1000: "known", 1260: "forgotten" }, 1380);
    assert.deepEqual([found, isForgotten], [undefined, true]);
  });

  it("is found where another endpoint has kept it, also between two questions", async () => {
    const { found, isForgotten } = await lookedFor({ 1000: "forgotten", 1340: "known", 1360: "forgotten" }, 1365);
    assert.equal(found, status);
    assert.equal(isForgotten, false);
  });
});

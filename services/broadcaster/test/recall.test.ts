import assert from "node:assert/strict";
import { Archive } from "../src/adapters/near/archive.ts";
import { RpcNearNode } from "../src/adapters/near/rpc-near-node.ts";
import { BlockUnknown, RpcRefused, RpcUnavailable } from "../src/core/ports/near-node.ts";
import { type Answer, nodeError, reset, result, TwoNodes } from "./support/scripted-node.ts";

const header = (height: number, hash: string) => ({
  height,
  hash,
  prev_hash: `before ${hash}`,
  last_final_block: "f",
  timestamp: 1,
  gas_price: "1",
});

/** A node at a final height that says this of every transaction, and knows these blocks besides. */
function at(final: number, ofTransaction: Answer, blocks: readonly string[] = []): Answer {
  return (method, response, params) => {
    if (method !== "block") return ofTransaction(method, response, params);
    const { block_id: wanted } = params as { readonly block_id?: string };
    if (wanted === undefined) return result({ header: header(final, "final"), chunks: [] })(method, response);
    const answer = blocks.includes(wanted)
      ? result({ header: header(7, wanted), chunks: [] })
      : nodeError("UNKNOWN_BLOCK", 422);
    return answer(method, response);
  };
}

const unknown = nodeError("UNKNOWN_TRANSACTION");
const outcome = (status: object) => ({ transaction_outcome: { id: "t", block_hash: "b", outcome: { status } } });
const known = result(outcome({ SuccessReceiptId: "r" }));

describe("what endpoints remember of a transaction (rule: forgotten-is-never-unknown)", () => {
  const suite = new TwoNodes();
  const { first, second, client } = suite;
  const recall = async (node: RpcNearNode) =>
    (await node.recall({ hash: "hash", signerId: "a.near", since: 100, at: 1000 })).kind;

  it("is nothing where all have collected the blocks that may hold it, and not that it is unknown", async () => {
    first.answer = second.answer = at(1000, unknown);
    [first.earliest, second.earliest] = [101, 500];
    assert.equal(await recall(new RpcNearNode(client(first, second))), "forgotten");
    first.earliest = 100;
    assert.equal(await recall(new RpcNearNode(client(first, second))), "unknown");
  });

  it("is what one of them still knows, however much the others have forgotten", async () => {
    first.answer = at(1000, unknown);
    first.earliest = 500;
    second.answer = at(1000, known);
    assert.equal(await recall(new RpcNearNode(client(first, second))), "known");
  });

  it("is not told while one lags behind", async () => {
    first.answer = at(1000, unknown);
    second.answer = at(999, unknown);
    assert.equal(await recall(new RpcNearNode(client(first, second))), "untold");
  });

  it("is forgotten by nodes that do not tell their earliest block once it is two epochs old", async () => {
    first.answer = at(1000, unknown);
    const node = () => new RpcNearNode(client(first));
    assert.equal(await recall(node()), "unknown");
    first.answer = at(100 + 86_401, unknown);
    assert.equal(await recall(node()), "forgotten");
  });

  it("is nothing that a node says which answers without outcomes: it is not on the shard", async () => {
    first.answer = at(1000, result({ final_execution_status: "NONE", transaction_outcome: null }));
    second.answer = at(1000, unknown);
    assert.equal(await recall(new RpcNearNode(client(first))), "untold");
    assert.equal(await recall(new RpcNearNode(client(first, second))), "unknown");
  });

  it("is that it is known where it is included and has no outcome yet", async () => {
    first.answer = at(1000, result({ final_execution_status: "INCLUDED", transaction_outcome: null }));
    second.answer = at(1000, unknown);
    const node = new RpcNearNode(client(first, second));
    assert.equal(await recall(node), "known");
    assert.equal((await node.transaction("hash", "a.near"))?.transaction.status.kind, "unknown");
  });

  it("is unknown where it was invalid in a block, and that block is named (rule: invalid-is-not-final)", async () => {
    first.answer = at(1000, result(outcome({ Failure: { InvalidTxError: "Expired" } })));
    const node = new RpcNearNode(client(first));
    const wanted = { hash: "hash", signerId: "a.near", since: 100, at: 1000 };
    assert.deepEqual(await node.recall(wanted), { kind: "unknown", voidIn: "b", isCorroborated: true });
    assert.equal(await node.transaction("hash", "a.near"), undefined);
  });

  it("is denied by two endpoints, or by the only one that there is, before a record is sure of it", async () => {
    const isCorroborated = async (...nodes: readonly (typeof first)[]) => {
      const recalled = await new RpcNearNode(client(...nodes)).recall({
        hash: "hash",
        signerId: "a.near",
        since: 100,
        at: 1000,
      });
      return recalled.kind === "unknown" ? recalled.isCorroborated : undefined;
    };
    first.answer = second.answer = at(1000, unknown);
    assert.equal(await isCorroborated(first), true);
    assert.equal(await isCorroborated(first, second), true);
    second.answer = at(1000, result({ final_execution_status: "NONE", transaction_outcome: null }));
    assert.equal(await isCorroborated(first, second), false);
  });

  it("is looked for at the next endpoint where the first answers without outcomes", async () => {
    first.answer = result({ final_execution_status: "NONE" });
    second.answer = known;
    assert.equal((await new RpcNearNode(client(first, second)).transaction("hash", "a.near"))?.transaction.id, "t");
  });

  describe("with an archive", () => {
    const node = () => new RpcNearNode(client(first), new Archive(client(second)));

    it("is asked of the archive only where the others have forgotten it", async () => {
      first.answer = at(1000, unknown);
      second.answer = at(1000, known);
      assert.equal(await recall(node()), "unknown");
      assert.deepEqual(second.asked, []);
      first.earliest = 500;
      assert.equal(await recall(node()), "known");
    });

    it("is unknown where the archive does not know it, and forgotten where the archive is none", async () => {
      first.answer = second.answer = at(1000, unknown);
      first.earliest = 500;
      second.earliest = 0;
      assert.equal(await recall(node()), "unknown");
      second.earliest = 500;
      assert.equal(await recall(node()), "forgotten");
      second.answer = at(999, unknown);
      assert.equal(await recall(node()), "untold");
    });

    it("is waited for while the archive is away, for 200 blocks and no longer", async () => {
      first.answer = at(1300, unknown);
      first.earliest = 500;
      second.answer = reset;
      const asked = node();
      const recallAt = (height: number) => asked.recall({ hash: "hash", signerId: "a.near", since: 100, at: height });
      await assert.rejects(recallAt(1000), RpcUnavailable);
      await assert.rejects(recallAt(1199), RpcUnavailable);
      assert.deepEqual(await recallAt(1200), { kind: "forgotten" });
    });

    it("has the blocks that an old status names, which the others have collected, and those below", async () => {
      first.answer = at(1000, unknown);
      first.earliest = 500;
      second.answer = at(1000, known, ["b", "before b"]);
      const asked = node();
      await assert.rejects(asked.block({ hash: "b" }), BlockUnknown);
      assert.equal(await recall(asked), "known");
      assert.equal((await asked.block({ hash: "b" })).hash, "b");
      assert.equal((await asked.block({ hash: "before b" })).hash, "before b");
      await assert.rejects(asked.block({ hash: "another" }), BlockUnknown);
    });

    it("has old blocks and chunks that a search comes to, and is asked for no young ones", async () => {
      const chunks = (known: boolean) => (known ? result({ transactions: [] }) : nodeError("UNKNOWN_CHUNK"));
      first.answer = at(1000, chunks(false));
      second.answer = at(1000, chunks(true), ["old"]);
      const asked = node();
      await asked.block({ finality: "final" });
      assert.equal((await asked.block({ hash: "old", below: 799 })).hash, "old");
      const old = { ...(await asked.block({ hash: "old", below: 799 })), chunkHashes: ["c"] };
      assert.deepEqual(await asked.transactionsOf({ ...old, height: 799 }), []);
      second.asked.length = 0;
      await assert.rejects(asked.block({ hash: "another", below: 801 }), BlockUnknown);
      await assert.rejects(asked.transactionsOf({ ...old, height: 801 }), RpcRefused);
      assert.deepEqual(second.asked, []);
    });
  });
});

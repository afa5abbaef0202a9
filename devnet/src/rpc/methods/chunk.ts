import type { Chunk } from "../../chain/block.ts";
import type { ChainView } from "../../chain/chain-view.ts";
import { blockOfId } from "../block-reference.ts";
import { badParams, namedParams, textParam } from "../params.ts";
import type { RpcCall } from "../rpc-call.ts";
import { handlerError } from "../rpc-error.ts";
import { author, chunkHeaderShape } from "../shapes/block-shape.ts";
import { transactionShape } from "../shapes/outcome-shape.ts";
import { receiptShape } from "../shapes/receipt-shape.ts";

/** A block's chunk by `{block_id, shard_id}`, or a chunk by `{chunk_id}`. */
export function chunk(call: RpcCall, params: unknown): unknown {
  const view = call.view();
  const made = chunkOf(view, params);
  if (!call.shards.has(made.shard)) unknownChunk(made.hash);
  return {
    author,
    header: chunkHeaderShape(made),
    transactions: made.transactions.map(transactionShape),
    receipts: made.incoming.map(receiptShape),
  };
}

function chunkOf(view: ChainView, params: unknown): Chunk {
  const given = namedParams(params, "chunk_id");
  if (given.block_id === undefined) {
    const id = textParam(given, "chunk_id");
    return view.byChunkHash(id) ?? unknownChunk(id);
  }
  const shard = given.shard_id ?? badParams("missing field `shard_id`");
  const found = blockOfId(view, given.block_id).chunks.find((chunk) => chunk.shard === shard);
  if (found !== undefined) return found;
  throw handlerError("INVALID_SHARD_ID", { shard_id: shard }, `Shard id ${shard} does not exist`);
}

function unknownChunk(hash: string): never {
  throw handlerError(
    "UNKNOWN_CHUNK",
    { chunk_hash: hash },
    `Chunk Missing (unavailable on the node): ChunkHash(\`${hash}\`) `,
  );
}

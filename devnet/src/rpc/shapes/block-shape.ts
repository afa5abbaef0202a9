import { type Block, type Chunk, isIncluded, randomSeedOf, zeroHash } from "../../chain/block.ts";
import type { ChainView } from "../../chain/chain-view.ts";
import { chunkGasLimit } from "../../chain/fees.ts";
import { deriveId } from "../../chain/ids.ts";
import { JsonText } from "../../control/lossless-json.ts";
import { encodeBase58 } from "../../crypto/base58.ts";
import { formatKey } from "../../crypto/keys.ts";

/** The one validator, who makes all blocks and chunks. */
export const author = "validator.near";
export const protocolVersion = 85;

/** Stands in for validators' signatures, which the devnet does not make. */
const noSignature = formatKey({ curve: "ed25519", data: new Uint8Array(64) });
const totalSupply = `${10n ** 33n}`;

/** Cache: blocks do not change and are read often. */
const texts = new WeakMap<Block, JsonText>();

/** `blockShape` as JSON text. */
export function blockText(view: ChainView, block: Block): JsonText {
  const text = texts.get(block) ?? new JsonText(blockShape(view, block));
  texts.set(block, text);
  return text;
}

/** nearcore's `BlockView`. Merkle roots are made up: there is no trie. */
function blockShape(view: ChainView, block: Block): unknown {
  return { author, header: headerShape(view, block), chunks: block.chunks.map(chunkHeaderShape) };
}

function headerShape(view: ChainView, block: Block): unknown {
  const { hash, height, timestampNs } = block;
  return {
    height,
    prev_height: block.prevHeight,
    epoch_id: epochId(view),
    next_epoch_id: deriveId("next epoch", epochId(view)),
    hash,
    prev_hash: block.prevHash,
    prev_state_root: deriveId("state root", block.prevHash),
    block_body_hash: deriveId("body", hash),
    chunk_receipts_root: deriveId("receipts root", hash),
    chunk_headers_root: deriveId("chunk headers root", hash),
    chunk_tx_root: deriveId("tx root", hash),
    outcome_root: deriveId("outcome root", hash),
    chunks_included: block.chunks.filter((chunk) => isIncluded(block, chunk)).length,
    challenges_root: zeroHash,
    timestamp: timestampNs,
    timestamp_nanosec: `${timestampNs}`,
    random_value: encodeBase58(randomSeedOf(block)),
    validator_proposals: [],
    chunk_mask: block.chunks.map((chunk) => isIncluded(block, chunk)),
    gas_price: `${view.chain.rules.gasPrice}`,
    block_ordinal: block.ordinal,
    rent_paid: "0",
    validator_reward: "0",
    total_supply: totalSupply,
    challenges_result: [],
    last_final_block: block.lastFinal,
    last_ds_final_block: block.lastDsFinal,
    next_bp_hash: deriveId("block producers", view.chain.chainId),
    block_merkle_root: deriveId("merkle root", block.prevHash),
    epoch_sync_data_hash: null,
    approvals: [],
    signature: noSignature,
    latest_protocol_version: protocolVersion,
    chunk_endorsements: [],
  };
}

/** nearcore's `ChunkHeaderView`. */
export function chunkHeaderShape(made: Chunk): unknown {
  const { hash: chunkHash, shard } = made;
  return {
    chunk_hash: chunkHash,
    prev_block_hash: made.prevHash,
    outcome_root: deriveId("chunk outcome root", chunkHash),
    prev_state_root: deriveId("chunk state root", chunkHash),
    encoded_merkle_root: deriveId("chunk merkle root", chunkHash),
    encoded_length: 8 + made.transactions.reduce((sum, { size }) => sum + size, 0),
    height_created: made.height,
    height_included: made.height,
    shard_id: shard,
    gas_used: made.gasBurnt,
    gas_limit: chunkGasLimit,
    rent_paid: "0",
    validator_reward: "0",
    balance_burnt: `${made.tokensBurnt}`,
    outgoing_receipts_root: deriveId("outgoing root", chunkHash),
    tx_root: deriveId("chunk tx root", chunkHash),
    validator_proposals: [],
    congestion_info: { allowed_shard: shard, buffered_receipts_gas: "0", delayed_receipts_gas: "0", receipt_bytes: 0 },
    bandwidth_requests: { V1: { requests: [] } },
    signature: noSignature,
  };
}

/** There is one epoch. */
export function epochId(view: ChainView): string {
  return deriveId("epoch", view.chain.chainId);
}

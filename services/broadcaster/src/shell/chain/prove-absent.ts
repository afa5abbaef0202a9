import type { PreparedTransaction } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { LandingFacts, LandingGround } from "../../core/chain/landing.ts";
import type { NearNode } from "../../core/ports/near-node.ts";
import { RpcRefused, RpcUnavailable } from "../../core/ports/near-node.ts";
import type { Follower } from "./follower.ts";
import type { ValidityPeriod } from "./validity-period.ts";

type GroundOf = (facts: LandingFacts) => LandingGround | undefined;

interface Needed {
  readonly node: NearNode;
  readonly follower: Follower;
  readonly validity: ValidityPeriod;
}

/** A search through the chunks, down from a final block at or above the one at which the ground was read. */
export interface ChunkSearch {
  readonly ground: LandingGround;
  /** Hash of the block to look into next, base58. */
  readonly next: string;
}

/** What is remembered of a proof between two calls. */
export interface ProofSoFar {
  /** Final height at which a ground was first found, by hash. */
  readonly groundFoundAt: Map<string, number>;
  /** Searches that are not through yet, by hash. */
  readonly searches: Map<string, ChunkSearch>;
}

/** Final blocks between finding a ground and asking for the hash: a node's index may lag behind its state. */
const confirmAfter = 3;

/** Blocks searched in one go. A whole validity period takes long, and a driver has to look, and to stop when told to. */
const blocksAtOnce = 20;

/**
 * Tries to prove that a transaction can never land and never did, where that it is not known is not enough
 * (rule: shared-key-is-searched-in-chunks): a ground, read at a final block; some final blocks later no endpoint knows
 * its hash; and it is in no chunk from its own block up to the final one. Takes several calls: while `seen.searches` has
 * the transaction, the search is not through.
 * @param groundOf for a key that others may hold too, or for our own
 * @returns the ground, or undefined while its fate is unknown
 * @throws RpcUnavailable; what was searched by then need not be searched again
 */
export async function proveAbsent(
  tools: Needed,
  transaction: PreparedTransaction,
  groundOf: GroundOf,
  seen: ProofSoFar,
): Promise<LandingGround | undefined> {
  const { hash } = transaction;
  const search = seen.searches.get(hash) ?? (await beginSearch(tools, transaction, groundOf, seen));
  if (search === undefined) return undefined;
  seen.searches.set(hash, search);
  const found = await goOn(tools.node, transaction, search, seen);
  if (found === "unfinished") return undefined;
  // Found on the chain, it is only not in the node's index yet.
  seen.searches.delete(hash);
  return found === "absent" ? search.ground : undefined;
}

/** Past the ground it cannot land: what lies between the ground and its own block is all there is to search. */
async function beginSearch(
  { node, follower, validity }: Needed,
  transaction: PreparedTransaction,
  groundOf: GroundOf,
  seen: ProofSoFar,
): Promise<ChunkSearch | undefined> {
  const { hash, signerId, publicKey, nonce, blockHash } = transaction;
  const key = await node.accessKey(signerId, publicKey);
  const final = await node.block({ finality: "final" });
  // The key may be as a later block has it, in which the transaction is.
  if (key !== undefined && key.height > final.height) return undefined;
  await follower.learn([blockHash]);
  const ground = groundOf({
    nonce,
    blockHeight: Number(transaction.blockHeight),
    validityBlocks: await validity.blocks(),
    finalHeight: final.height,
    keyNonce: key?.nonce,
    block: follower.place(blockHash),
  });
  if (ground === undefined) return undefined;
  const foundAt = seen.groundFoundAt.get(hash);
  if (foundAt === undefined) seen.groundFoundAt.set(hash, final.height);
  if (foundAt === undefined || final.height < foundAt + confirmAfter) return undefined;
  return (await node.isUnknownEverywhere(hash, signerId, final.height)) ? { ground, next: final.hash } : undefined;
}

/** Goes from block to block by the hash of the one before, so that none can be missed. */
async function goOn(
  node: Needed["node"],
  { hash, blockHeight }: PreparedTransaction,
  { ground, next: from }: ChunkSearch,
  seen: ProofSoFar,
): Promise<"landed" | "absent" | "unfinished"> {
  let next = from;
  try {
    for (let read = 0; read < blocksAtOnce; read += 1) {
      const block = await node.block({ hash: next });
      if (block.height <= Number(blockHeight)) return "absent";
      if ((await node.transactionsOf(block)).some((transaction) => transaction.hash === hash)) return "landed";
      next = block.prevHash;
      seen.searches.set(hash, { ground, next });
    }
    return "unfinished";
  } catch (error) {
    // A block or a chunk that a node has not got proves nothing.
    if (error instanceof RpcRefused) throw new RpcUnavailable(error.message);
    throw error;
  }
}
